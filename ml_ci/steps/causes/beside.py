"""Score the models of two commits on today's holdout: what a record answers is neither trained nor scored again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.values import Comparison
from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import Case
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.plan.plan import PREDICTIONS, Plan
from ml_ci.records.record import Record
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging.judge import make_case, make_policy
from ml_ci.steps.planning.decide import find_keys, plan_work, vary_repetition
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.compare import count_scored, refuse_other_kind
from ml_ci.steps.working.naming import naming
from ml_ci.steps.working.score import Scored, score_side
from ml_ci.steps.working.side_by_side import hand_out_ahead
from ml_ci.steps.working.workshop import open_workshop


@dataclass(frozen=True)
class Beside:
    """Two commits' models on today's rows: the sides, both as they stood in the place of the baseline, and counts.

    `plan` names the work of both, `gates` are today's without those of behaviours: nobody is asked.
    """

    new: Side
    old: Side
    plan: Plan
    comparison: Comparison
    case: Case
    gates: tuple[GateResult, ...]


def put_beside(
    project: Project, fingerprints: Fingerprints, name: str, new: str, old: str, *, alike: bool = False
) -> Beside:
    """Judge the model of the commit `new` against that of `old`, by today's gates; no look at the holdout is noted.

    StageFailed where one of them cannot be had; with `alike` where one gives scores and the other labels, too.
    """
    # No baseline is looked for: a clone without a default branch has commits to search all the same.
    today = Sides(fingerprints.candidate(name), None, None, "")
    ours, theirs = (_place(today, fingerprints.at(name, commit), commit) for commit in (new, old))
    model = project.spec.models[name]
    _score_apart(project, model, (ours, theirs))
    (ours_records, ours_plan), (records, plan) = (_score(project, model, sides) for sides in (ours, theirs))
    first, *again = map(Scored, ours_records, records)
    with open_workshop(project, theirs) as shop:
        for one in (first, *again) if alike else ():
            refuse_other_kind(shop, one.candidate, one.baseline)
        comparison = count_scored(shop, replace(first, again=tuple(again)), _declared(ours))
        both = replace(ours_plan, candidate=ours_plan.baseline or ours_plan.candidate, baseline=plan.baseline)
        case = make_case(shop, both, comparison)
        gates = [gate for gate in model.gates if not gate.condition.behaviours]
        results = judge(gates, case, make_policy(model))
    assert ours.baseline is not None and theirs.baseline is not None  # noqa: S101 - they were placed there
    return Beside(ours.baseline, theirs.baseline, both, comparison, case, results)


def score_ahead(project: Project, fingerprints: Fingerprints, name: str, commits: Iterable[str]) -> None:
    """Score the models of commits that will be asked for, as many at a time as there are slots; none if there is one.

    What cannot be had is told when it is asked for.
    """
    if project.slots.number > 1:
        today, found = Sides(fingerprints.candidate(name), None, None, ""), list[Sides]()
        for commit in commits:
            with suppress(StageFailed, UserError):
                found.append(_place(today, fingerprints.at(name, commit), commit))
        _score_apart(project, project.spec.models[name], found)


def _score_apart(project: Project, model: ModelSpec, asked: Iterable[Sides]) -> None:
    """Score those that are not scored yet, each once: commits of one fingerprint share their results."""
    works: dict[str, Callable[[Project], None]] = {}
    for sides in asked:
        assert sides.baseline is not None  # noqa: S101
        if not project.store.has(PREDICTIONS, find_keys(project, sides, sides.baseline).predictions):
            work = partial(_try_to_score, model=model, sides=sides)
            works.setdefault(sides.baseline.fingerprint.manifest, work)
    hand_out_ahead(project, list(works.values()))


def _try_to_score(project: Project, model: ModelSpec, sides: Sides) -> None:
    # One commit that fails ends no other: a search goes on behind it.
    with suppress(StageFailed, UserError):
        _score(project, model, sides)


def _declared(sides: Sides) -> ModelSpec | None:
    return None if sides.baseline is None else sides.baseline.model


def _place(today: Sides, side: Side, commit: str) -> Sides:
    """Put a commit's model in the place of the baseline, so that it is scored on today's rows."""
    return replace(today, baseline=side, base_commit=commit, source=commit[:7], no_baseline=None)


def _score(project: Project, model: ModelSpec, sides: Sides) -> tuple[list[Record], Plan]:
    """Score what stands in the place of the baseline, as often as the model is asked; the plan is made when it is known
    what the jobs read.
    """
    assert sides.baseline is not None  # noqa: S101
    with open_workshop(naming(project, "the baseline", f"commit {sides.source}"), sides) as shop:
        records = [score_side(shop, one) for one in vary_repetition(model, sides.baseline)]
        shop.resolve()
        return records, plan_work(project, shop.sides)
