"""Find out how much of each rate's change each part of the change accounts for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial

from ml_ci.errors import StageFailed
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Evaluation
from ml_ci.explain.parts import ENVIRONMENT, find_parts, find_pinned
from ml_ci.explain.shapley import dividends, shares, subsets
from ml_ci.explain.values import Attribution, Effort, Explanation, Interaction, Mixture, Part, Share
from ml_ci.frozen import dataclass
from ml_ci.gates.metrics import exact
from ml_ci.metrics import OF_BEHAVIOURS, OF_COUNTS, OF_JOB
from ml_ci.plan.plan import TRAININGS
from ml_ci.reports.values import ModelReport
from ml_ci.steps.causes.mixture import Mixer
from ml_ci.steps.planning.changed_reads import find_exchangeable
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.planning.folds import cut_folds
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.compare import compare_sides
from ml_ci.steps.working.naming import naming
from ml_ci.steps.working.side_by_side import hand_out
from ml_ci.steps.working.workshop import open_workshop

Chosen = frozenset[str]
Metric = tuple[str, str | None]
_ALWAYS: tuple[Metric, ...] = (("fpr", None), ("fnr", None))
_ELSEWHERE = Part(ENVIRONMENT, frozenset({ENVIRONMENT}))
_MOVED = (
    "the environment that the baseline was trained in is not here: its share is what training the baseline again in "
    "today's environment changes, before anything else does"
)


def _untold(model: str, effort: Effort) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Ask:
    """What is asked: `anyway` also where every gate holds; `dry` says what it would take; `tell` is told before."""

    anyway: bool = False
    dry: bool = False
    tell: Callable[[str, Effort], None] = _untold


def explain_report(
    project: Project, fingerprints: Fingerprints, name: str, report: ModelReport, ask: Ask
) -> Explanation:
    """Explain one model's report: train and score the mixtures of old and new parts that no record answers.

    A mixture that cannot be trained makes the whole undecidable: the explanation then says which, and why.
    """
    said = Explanation(name, report.verdict, report.changes, currency=report.cost.currency if report.cost else "")
    if report.failure is not None and report.verdict == "error":
        return replace(said, failure=report.failure)
    if report.verdict == "pass" and not ask.anyway:
        return replace(said, reason="every gate holds: there is nothing to explain (--anyway explains all the same)")
    try:
        sides = fingerprints.sides(name)
        if sides.baseline is None:
            return replace(said, reason=f"there is nothing to compare with: {sides.no_baseline}")
        return _tell_apart(project, _case(project, fingerprints, sides), report, ask, said)
    except StageFailed as error:
        return replace(said, failure=error.failure)


@dataclass(frozen=True)
class _Case:
    """The two sides of a model, the parts in which they differ, and all the mixtures of these.

    `former` is the baseline as it was trained elsewhere, where today's environment is not that one; else None.
    """

    sides: Sides
    old: Side
    former: Side | None
    parts: tuple[Part, ...]
    made: Mapping[Chosen, Side]

    @property
    def all_parts(self) -> tuple[Part, ...]:
        return (*self.parts, _ELSEWHERE) if self.former else self.parts


def _case(project: Project, fingerprints: Fingerprints, sides: Sides) -> _Case:
    found, new = sides.baseline, sides.candidate
    assert found is not None  # noqa: S101
    old = _here(fingerprints, new, found)
    files = {**old.tree.files(), **new.tree.files()}
    pinned = find_pinned((old.model, new.model), files)
    read = find_exchangeable(project, old, new)
    parts = find_parts((old.model, old.declared), (new.model, new.fingerprint), pinned, read=bool(read))
    mixer = Mixer(project, fingerprints, old, new, parts, read)
    made = {chosen: mixer.side(chosen) for chosen in subsets(part.name for part in parts)}
    return _Case(sides, old, found if old is not found else None, parts, made)


def _here(fingerprints: Fingerprints, candidate: Side, side: Side) -> Side:
    """Give the baseline in today's environment; itself where that is the one it was trained in."""
    if side.commit is None:
        return side
    today = fingerprints.made(candidate, "baseline", side.model, side.commit, side.needs)
    return side if today.fingerprint.training == side.fingerprint.training else today


def _tell_apart(project: Project, case: _Case, report: ModelReport, ask: Ask, said: Explanation) -> Explanation:
    parts = case.all_parts
    said = replace(said, parts=parts, base_commit=case.sides.base_commit, notes=tuple(_notes(case)))
    if not parts:
        return replace(said, reason="nothing that a model is made of changed")
    if len(parts) == 1:
        said = replace(said, reason=f"only {parts[0].name} changed: it accounts for the whole difference")
    said = replace(said, effort=_effort(project, case))
    if said.effort.trainings:
        ask.tell(said.model, said.effort)
    if ask.dry:
        return said
    project.slots.widen()
    found = hand_out(project, [partial(_score_mixture, case=case, chosen=chosen) for chosen in case.made])
    scored = dict(zip(case.made, found, strict=True))
    former = _score(project, case, case.former) if case.former else None
    mixtures = tuple(Mixture(chosen, evaluation) for chosen, evaluation in scored.items())
    told = tuple(_attribute(metric, former, scored) for metric in _metrics(case, report))
    return replace(said, mixtures=mixtures, attributions=tuple(one for one in told if one is not None))


def _score_mixture(project: Project, case: _Case, chosen: Chosen) -> Evaluation:
    """Score one mixture; where it cannot be had, say which one it is."""
    side, new = case.made[chosen], ", ".join(part.name for part in case.parts if part.name in chosen)
    if side.name == "mixture" and not project.store.has(TRAININGS, side.fingerprint.training):
        told = f"next comes the model with the new {new}, and all else as in the baseline"
        project.options.progress.note(case.sides.candidate.model.name, told)
        project = naming(project, "the mixture", f"the mixture with the new {new}")
    try:
        return _score(project, case, side)
    except StageFailed as error:
        old = ", ".join(part.name for part in case.parts if part.name not in chosen)
        message = f"the model with new {new} and old {old} cannot be had: {error.failure.message}"
        hint = f"These parts work only together, so that none of them did it alone. {error.failure.hint}".strip()
        raise StageFailed(replace(error.failure, message=message, hint=hint)) from None


def _notes(case: _Case) -> Iterator[str]:
    for part in case.parts:
        if len(part.holds) > 1:
            yield f"{part.name} are taken together"
    if case.former:
        yield _MOVED


def _effort(project: Project, case: _Case) -> Effort:
    store = project.store
    keys = {side.fingerprint.training for side in case.made.values()}
    for side in case.made.values():
        keys |= {fold.side.fingerprint.training for fold in cut_folds(project, case.sides, side)}
    missing = sum(not store.has(TRAININGS, key) for key in keys)
    known = [
        float(record.content["seconds"])
        for side in (case.sides.candidate, case.former or case.old)
        if (record := store.find(TRAININGS, side.fingerprint.training)) is not None
    ]
    return Effort(missing, missing * sum(known) / len(known) if known else None)


def _score(project: Project, case: _Case, side: Side) -> Evaluation:
    """Score a side on the candidate's holdout, in the place of the baseline; found again like any other result."""
    beside = replace(case.sides, baseline=case.old if side is case.sides.candidate else side)
    with open_workshop(project, beside) as shop:
        comparison = compare_sides(shop, plan_work(project, beside))
    evaluation = comparison.candidate if side is case.sides.candidate else comparison.baseline
    assert evaluation is not None  # noqa: S101
    return evaluation


def _metrics(case: _Case, report: ModelReport) -> tuple[Metric, ...]:
    """Name the two error rates, and whatever else the gates that do not hold are about."""
    conditions = {gate.text: gate.condition for gate in case.sides.candidate.model.gates}
    asked: list[Metric] = list(_ALWAYS)
    for result in report.gates:
        if result.verdict != "pass" and result.condition in conditions:
            asked += [
                (metric, result.slice)
                for metric in sorted(conditions[result.condition].metrics - OF_JOB - OF_BEHAVIOURS)
            ]
    return tuple(dict.fromkeys(asked))


def _attribute(metric: Metric, former: Evaluation | None, scored: Mapping[Chosen, Evaluation]) -> Attribution | None:
    """Share out a metric's change; None where the metric is undefined for one of the mixtures."""
    values = {chosen: _value(evaluation, metric) for chosen, evaluation in scored.items()}
    known = {chosen: value for chosen, value in values.items() if value is not None}
    before = _value(former, metric) if former else known.get(frozenset())
    if len(known) < len(values) or before is None:
        return None
    added = dividends(known)
    found = [Share(part, share, added[frozenset({part})]) for part, share in shares(known).items()]
    if former:
        moved = known[frozenset()] - before
        found.append(Share(ENVIRONMENT, moved, moved))
    together = (Interaction(tuple(sorted(one)), effect) for one, effect in added.items() if len(one) > 1 and effect)
    last = known[max(known, key=len)]
    return Attribution(*metric, before, last, _order(found), _largest(together))


def _order(found: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(found, key=lambda one: (-abs(one.share), one.part)))


def _largest(found: Iterable[Interaction]) -> tuple[Interaction, ...]:
    return tuple(sorted(found, key=lambda one: (-abs(one.effect), one.parts)))


def _value(evaluation: Evaluation, metric: Metric) -> Fraction | None:
    name, shown = metric
    counts = evaluation.confusion if shown is None else _slice(evaluation, shown)
    if name in OF_COUNTS:
        value = None if counts is None else exact(counts, name)
    else:
        value = evaluation.metrics.get(name) if shown is None else None
    return None if value is None else Fraction(value)


def _slice(evaluation: Evaluation, shown: str) -> Confusion | None:
    """Find a slice by the way in which a gate's result names it: `region = north`."""
    for columns, values in evaluation.slices.items():
        for value, counts in values.items():
            if f"{columns} = {value}" == shown:
                return counts
    return None
