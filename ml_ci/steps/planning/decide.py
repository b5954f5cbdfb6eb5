"""Decide what has to be done for one model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml_ci import __version__
from ml_ci.changes.settings import evidence, name_audited, part
from ml_ci.changes.values import Fingerprint, evaluation_key, judging_key, repetition_key
from ml_ci.digests import digest
from ml_ci.plan.plan import BEHAVIOURS, PREDICTIONS, TRAININGS, VERDICTS, Keys, Known, Plan, decide, largest
from ml_ci.plan.values import Action
from ml_ci.records.store import Store
from ml_ci.spec.values import ModelSpec, PartEntry
from ml_ci.steps.planning.behaviours import digest_beside, key_behaviour, list_measured
from ml_ci.steps.planning.folds import cut_folds, find_folds, pool_keys
from ml_ci.steps.planning.judged import Judged, read_verdict
from ml_ci.steps.planning.own_rows import find_source
from ml_ci.steps.planning.reads import Scoring, key_metric_reads, key_predictions, resolve_reads
from ml_ci.steps.values import Project, Side, Sides


def find_verdict(project: Project, plan: Plan) -> Judged | None:
    """Give the verdict that a record holds already; None when there is none, or when it is damaged."""
    record = project.store.find(VERDICTS, plan.verdict)
    return None if record is None else read_verdict(record)


def plan_work(project: Project, sides: Sides, *, verify: bool = False) -> Plan:
    """Plan one model: records are looked for and not read; with `verify` a damaged one is set aside, and is none.

    With `seeds: k` the work on the further seeds counts too, with `folds: k` that on each fold, and what a side was
    never asked by a behaviour.
    """
    plan = _planned(project, sides, verify)
    if project.store.has(VERDICTS, plan.verdict):
        return plan
    plan = _with_behaviours(project, sides, _with_folds(project, sides, plan, verify), verify)
    if sides.candidate.model.seeds == 1:
        return plan
    further = [_with_folds(project, one, _planned(project, one, verify), verify) for one in vary_seed(project, sides)]
    return replace(
        plan,
        action=largest(one.action for one in (plan, *further)),
        trainings=plan.trainings + sum(one.trainings for one in further),
    )


def _planned(project: Project, sides: Sides, verify: bool) -> Plan:
    candidate = _with_repeats(project, sides, sides.candidate)
    baseline = None if sides.baseline is None else _with_repeats(project, sides, sides.baseline)
    against = baseline.predictions if baseline else sides.no_baseline
    # Another version of ml-ci counts and judges anew, as it may do so better; it trains and scores nothing again.
    further = [[keys.further for keys in (candidate, baseline) if keys]] if candidate.further else []
    counted = _count(sides.candidate.model)
    comparison = digest(["comparison", __version__, candidate.predictions, against, counted, *further])
    beside = [digest_beside(project, sides, side) for side in (sides.candidate, sides.baseline) if side is not None]
    told = digest([_tell(sides), beside]) if any(beside) else _tell(sides)
    verdict = judging_key(comparison, told, sides.candidate.fingerprint.gates)
    known = _verify(project.store) if verify else project.store.has
    return decide(candidate, baseline, comparison, verdict, _fetchable(sides, candidate, known))


def _with_behaviours(project: Project, sides: Sides, plan: Plan, verify: bool) -> Plan:
    """Count the sides that have to be asked about rows, though the counts of their holdout are known."""
    measured = list_measured(sides.candidate.model)
    if not measured:
        return plan
    known = _verify(project.store) if verify else project.store.has
    own = plan.candidate_action, plan.baseline_action
    asked: list[Action | None] = []
    for side, keys, action in zip((sides.candidate, sides.baseline), (plan.candidate, plan.baseline), own, strict=True):
        if side is None or keys is None or action != "reuse":
            asked.append(action)
            continue
        beside = digest_beside(project, sides, side)
        wanted = (key_behaviour(keys.predictions, one, beside.get(one.name, "")) for one in measured)
        asked.append("reuse" if all(known(BEHAVIOURS, key) for key in wanted) else "evaluate")
    return replace(
        plan,
        action=largest((plan.action, *(action for action in asked if action))),
        candidate_action=asked[0] or plan.candidate_action,
        baseline_action=asked[1],
    )


def _with_folds(project: Project, sides: Sides, plan: Plan, verify: bool) -> Plan:
    """Add the trainings of the folds whose predictions are not known yet, of the sides that have any work to do."""
    if find_folds(sides.candidate.model) is None:
        return plan
    known = _verify(project.store) if verify else project.store.has
    missing: set[str] = set()
    actions: list[Action | None] = []
    for side, action in ((sides.candidate, plan.candidate_action), (sides.baseline, plan.baseline_action)):
        own = set(_find_untrained(project, sides, side, known)) if side and action not in (None, "reuse") else set()
        missing |= own
        actions.append("train" if own else action)
    return replace(
        plan,
        action=largest((plan.action, *(action for action in actions if action))),
        trainings=plan.trainings + len(missing),
        candidate_action=actions[0] or plan.candidate_action,
        baseline_action=actions[1],
    )


def has_untrained_folds(project: Project, sides: Sides, side: Side) -> bool:
    """Say whether a side that is judged by folds lacks the training of one."""
    return any(_find_untrained(project, sides, side, project.store.has))


def _find_untrained(project: Project, sides: Sides, side: Side, known: Known) -> Iterator[str]:
    """Give the keys of the trainings that the folds of a side lack."""
    for fold in cut_folds(project, sides, side):
        keys = find_keys(project, fold.sides, fold.side)
        if not known(PREDICTIONS, keys.predictions) and not known(TRAININGS, keys.training):
            yield keys.training


def vary_seed(project: Project, sides: Sides) -> Iterator[Sides]:
    """Give both sides at seed + 1, seed + 2 ... seed + k - 1, each counting from its own seed."""
    for step in range(1, sides.candidate.model.seeds):
        baseline = None if sides.baseline is None else _at(project, sides.baseline, step)
        yield replace(sides, candidate=_at(project, sides.candidate, step), baseline=baseline)


def vary_repetition(model: ModelSpec, side: Side) -> tuple[Side, ...]:
    """Give a side's repetitions, the first one being itself: as many as the model that judges says."""
    return tuple(replace(side, repetition=place) for place in range(model.repeats))


def _with_repeats(project: Project, sides: Sides, side: Side) -> Keys:
    keys = find_keys(project, sides, side)
    repetitions = vary_repetition(sides.candidate.model, side)[1:]
    further = tuple(find_keys(project, sides, one).predictions for one in repetitions)
    return replace(keys, further=further)


def _at(project: Project, side: Side, step: int) -> Side:
    if side.champion is not None and not side.champion.ours:
        return side  # it has no seed that is known
    seed = side.model.seed + step
    model = replace(side.model, seed=seed, seeds=1)
    return resolve_reads(
        project, replace(side, model=model, fingerprint=side.fingerprint.with_seed(seed), champion=None)
    )


def _fetchable(sides: Sides, candidate: Keys, known: Known) -> Known:
    """Count the champion's training as known: it is fetched, never done again."""
    side = sides.baseline
    if side is None or side.champion is None or side.fingerprint.training == candidate.training:
        return known
    training = (TRAININGS, side.fingerprint.training)
    return lambda kind, key: (kind, key) == training or known(kind, key)


def _verify(store: Store) -> Known:
    return lambda kind, key: store.find(kind, key) is not None


def find_keys(project: Project, sides: Sides, side: Side) -> Keys:
    """Give the keys of what a side leaves; of nothing that there is, where it is not known what its jobs read."""
    asked = key_scoring(project, sides, side)
    folds = cut_folds(project, sides, side)
    if not folds:
        return Keys(side.fingerprint.training, key_predictions(project, asked))
    keys = (find_keys(project, fold.sides, fold.side).predictions for fold in folds)
    return Keys(side.fingerprint.training, pool_keys(asked.manifest, keys))


def key_scoring(project: Project, sides: Sides, side: Side) -> Scoring:
    """Key a side's predictions by the candidate's holdout, what it asks, and the side's own threshold and code."""
    candidate = sides.candidate.fingerprint
    metric = key_metric_reads(project, sides.candidate)
    own = [metric] if metric else []
    metrics = digest([candidate.asked, side.fingerprint.metrics, *own, *_list_made_validation(sides.candidate)])
    rows = _key_rows(sides.candidate, side)
    key = evaluation_key(side.fingerprint.training, rows, metrics)
    return Scoring(side, sides.candidate, metric, repetition_key(key, side.repetition))


def _key_rows(candidate: Side, side: Side) -> str:
    """Key the rows that a side scores: the candidate's, and what its own jobs make of them where a job makes any."""
    known, own = candidate.fingerprint.holdout, side.fingerprint.parts.get("data.holdout")
    made = any(find_source(one.model).job is not None for one in (candidate, side))
    return digest([known, own]) if made and own != known else known


def _list_made_validation(candidate: Side) -> list[str]:
    """Key the candidate's rows of `data.validation` where a job leaves them; others are in what it asks."""
    entry = candidate.model.data.get("validation")
    made = candidate.model.threshold.metric is not None and entry is not None and entry.job is not None
    return [candidate.fingerprint.parts["data.validation"]] if made else []


def _tell(sides: Sides) -> str:
    """Digest what a verdict tells of the baseline's other parts: its gates and data are named when they changed."""
    if sides.baseline is None:
        return digest(sides.no_baseline)
    written = [_write(side.declared) for side in (sides.baseline, sides.candidate)]
    cut = None if sides.base is None or not isinstance(sides.base.holdout, PartEntry) else part(sides.base.holdout)
    own = [] if sides.baseline.cut is None else [repr(sides.baseline.cut)]
    return digest([sorted(sides.baseline.declared.parts.items()), written, cut, *own])


def _write(fingerprint: Fingerprint) -> list[object]:
    """Name where data are, what their bytes are, whether git has them: all of it is told, though they are the same."""
    data = [(part, said) for part, said in sorted(fingerprint.details.items()) if part.startswith("data.")]
    return [[part, said.get("path"), said.get("content"), said.get("tracked")] for part, said in data]


def _count(model: ModelSpec) -> list[object]:
    """Name what the gates ask to be counted beside the slices of the model: a new gate may name another column.

    Which rows are counted together, and what each weighs, is asked here alone: scores are the same.
    """
    columns = {columns for gate in model.gates for columns in gate.condition.columns}
    metrics = {metric for gate in model.gates for metric in gate.condition.metrics if metric.startswith("recall_at(")}
    together, audited = evidence(model), name_audited(model)
    further = [*([together, model.asks_proof] if together else []), *([["audit", *audited]] if audited else [])]
    return [sorted(columns), sorted(metrics), *further]
