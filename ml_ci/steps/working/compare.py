"""Have the counts of candidate and baseline on the same holdout: find their record, or count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation import large
from ml_ci.evaluation.count_audit import count_audit, stream_audit
from ml_ci.evaluation.draw import Stated
from ml_ci.evaluation.evaluate import compare, holdout_of
from ml_ci.evaluation.metrics import OF_SCORES
from ml_ci.evaluation.repeated import Repetitions, compare_repeated
from ml_ci.evaluation.scores import FILE, Predictions, load
from ml_ci.evaluation.values import KINDS, Comparison
from ml_ci.plan.plan import COMPARISONS, Plan
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.records.record import Record
from ml_ci.spec.values import ModelSpec, Threshold
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.working.score import Scored, score_sides
from ml_ci.steps.working.workshop import Workshop


def compare_sides(shop: Workshop, plan: Plan) -> Comparison:
    """Give the counts of both sides; train, score and count whatever no record answers."""
    return find_comparison(shop, plan) or count_sides(shop, score_sides(shop, plan))


def find_comparison(shop: Workshop, plan: Plan) -> Comparison | None:
    """Give the counts of both sides that a record holds; None where there is none, or none that this version reads."""
    record = shop.project.store.find(COMPARISONS, plan.comparison)
    return None if record is None else unpack_if_fit(Comparison, record.content.get("comparison"))


def count_sides(shop: Workshop, scored: Scored) -> Comparison:
    """Count what both sides' predictions get right and wrong, and keep it; StageFailed where they are of two kinds."""
    for one in (scored, *scored.again):
        refuse_other_kind(shop, one.candidate, one.baseline)
    comparison = count_scored(shop, scored)
    shop.resolve()
    key = plan_work(shop.project, shop.sides).comparison  # known only now, where it was not known what the jobs read
    with shop.project.store.draft() as draft:
        ran = {"candidate": scored.candidate, "baseline": scored.baseline}
        content = {
            "model": shop.sides.candidate.model.name,
            "comparison": pack(comparison),
            "ran": {side: record.content.get("ran", {}) for side, record in ran.items() if record is not None},
        }
        shop.project.store.keep(draft, COMPARISONS, key, content)
    return comparison


def refuse_other_kind(shop: Workshop, candidate: Record, baseline: Record | None) -> None:
    """Refuse two sides that give different things: a cut of one says nothing of the other.

    Nothing but 0, or nothing but 1, is a label and a probability, and decides alike as either: `rates.get(kind, 0)` of
    a model that knows no kind any more.
    """
    kinds = [record.content["kind"] for record in (candidate, baseline) if record is not None]
    if len(set(kinds)) < 2:
        return
    if set(kinds) == {"label", "probability"}:
        [labels] = (one for one in (candidate, baseline) if one is not None and one.content["kind"] == "label")
        if load_predictions(labels).is_one_number():
            return
    ours, theirs = (KINDS.get(kind, kind) for kind in kinds)
    said = f"the candidate gives {ours} and the baseline ({shop.sides.source}) {theirs}, which are not compared"
    hint = (
        "Have both give the same (a `predict:` function or a column `prediction` can give class labels). Where the "
        "change is meant, judge it once against limits of its own: ml-ci run --baseline none"
    )
    raise StageFailed(Failure("evaluation", "kinds-differ", said, hint))


def count_scored(shop: Workshop, scored: Scored, declared: ModelSpec | None = None) -> Comparison:
    """Count what both sides' predictions get right and wrong on the shop's holdout, of all repetitions together.

    `declared` is the model whose predictions stand in the candidate's place, where it is another commit's.
    """
    model, each = shop.sides.candidate.model, (scored, *scored.again)
    stated = _state(shop, declared or model)
    if not scored.again:
        return count_records(shop, scored.candidate, scored.baseline, stated)
    baselines = [one.baseline for one in each if one.baseline is not None]
    holdout, candidates = holdout_of(shop.holdout, model), _load_repetitions(model, [one.candidate for one in each])
    found = compare_repeated(
        holdout,
        candidates,
        _load_repetitions(model, baselines) if baselines else None,
        price=model.cost,
        wanted=name_metrics(model),
        distinct=model.asks_proof,
        stated=_state_of_all(shop, declared or model, stated),
    )
    taken = [holdout.take(one) for one in candidates.predictions]
    return replace(found, audit=count_audit(shop.holdout, model, holdout.y_true, taken, holdout.kept))


def _state_of_all(shop: Workshop, candidate: ModelSpec, stated: Stated) -> Stated | None:
    """Give the thresholds that both sides state; None where one is chosen, anew in each repetition."""
    baseline = shop.sides.baseline
    models = [candidate, *([] if baseline is None else [baseline.model])]
    return None if any(one.threshold.metric is not None for one in models) else stated


def _load_repetitions(model: ModelSpec, records: Sequence[Record]) -> Repetitions:
    return Repetitions(tuple(map(load_predictions, records)), tuple(pick_measured(model, one) for one in records))


def count_records(shop: Workshop, candidate: Record, baseline: Record | None, stated: Stated) -> Comparison:
    """Count what the predictions of two records get right and wrong on the shop's holdout."""
    model = shop.sides.candidate.model
    if large.in_chunks(shop.holdout, model):
        return _count_in_chunks(shop, candidate, baseline, stated)
    holdout, predictions = holdout_of(shop.holdout, model), load_predictions(candidate)
    found = compare(
        holdout,
        predictions,
        None if baseline is None else load_predictions(baseline),
        price=model.cost,
        extra=pick_measured(model, candidate),
        baseline_extra=None if baseline is None else pick_measured(model, baseline),
        wanted=name_metrics(model),
        stated=stated,
    )
    audit = count_audit(shop.holdout, model, holdout.y_true, [holdout.take(predictions)], holdout.kept)
    return replace(found, audit=audit)


def _count_in_chunks(shop: Workshop, candidate: Record, baseline: Record | None, stated: Stated) -> Comparison:
    model = shop.sides.candidate.model
    sides = [
        (record.file(FILE), pick_measured(model, record)) for record in (candidate, baseline) if record is not None
    ]
    found = large.compare(shop.holdout, model, sides, name_metrics(model), stated)
    return replace(found, audit=stream_audit(shop.holdout, model, candidate.file(FILE)))


def _state(shop: Workshop, candidate: ModelSpec) -> Stated:
    """Give the thresholds that both sides state; None of one that is chosen on validation rows."""
    baseline = shop.sides.baseline
    return _threshold(candidate.threshold), None if baseline is None else _threshold(baseline.model.threshold)


def _threshold(threshold: Threshold) -> float | None:
    if threshold.metric is not None:
        return None
    return 0.5 if threshold.value is None else threshold.value


def pick_measured(model: ModelSpec, record: Record) -> Mapping[str, float | None]:
    """Give what was measured with a record's predictions; where rows have weights, not what does not know them."""
    known: Mapping[str, float | None] = record.content["metrics"]
    return (
        known if model.weight is None else {name: value for name, value in known.items() if name not in model.metrics}
    )


def load_predictions(record: Record) -> Predictions:
    """Load the predictions of a record."""
    return load(record.file(FILE))


def name_metrics(model: ModelSpec) -> Collection[str]:
    """Name the metrics of scores that are measured: the usual ones, and those that gates ask for."""
    asked = {name for gate in model.gates for name in gate.condition.metrics if name.startswith("recall_at(")}
    return (*OF_SCORES, *sorted(asked))
