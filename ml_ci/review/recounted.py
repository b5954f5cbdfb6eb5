"""Judge a report again from its counts by a configuration that is trusted: the worse counts, and the gate is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import lcm

from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.question import questions
from ml_ci.gates.recount import contradictions, miscounted, of_counts
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.metrics import COUNTS
from ml_ci.reports.values import ModelReport, Side
from ml_ci.review.recounted_behaviours import measured_otherwise, read_behaviours, weigh_behaviours
from ml_ci.spec.values import GateSpec, ModelSpec, PartEntry

_MOST = 5
_HINT = (
    "Run the whole workflow again. Where it says the same, what wrote this report is not what counted: look at its job."
)


def recounted(found: ModelReport, model: ModelSpec) -> ModelReport:
    """Give the result of a model, as an error where its own counts contradict what it says of the model's gates.

    What did not end in a judgement has no counts to judge by, and is no pass already.
    """
    if found.failure is not None and found.failure.code != NOTHING_GATED:
        return found
    why = list(_said_against(found, model))
    if not why:
        return found
    more = f"; and {len(why) - _MOST} more" if len(why) > _MOST else ""
    failure = Failure("report", "contradicted-report", "; ".join(why[:_MOST]) + more, _HINT)
    return replace(found, verdict="error", failure=failure)


def _said_against(found: ModelReport, model: ModelSpec) -> Iterator[str]:
    if found.candidate is None:
        if found.gates or found.verdict == "pass":
            yield "the report judges gates, and has no counts"
        return
    comparison = Comparison(_measured(found.candidate), None if found.baseline is None else _measured(found.baseline))
    asked = found.scoring.repeats if found.scoring else 1
    comparison = replace(comparison, behaviours=read_behaviours(found.behaviours), asked=asked)
    same = found.baseline is not None and found.candidate.record == found.baseline.record
    yield from miscounted(comparison)
    yield from _miss_weights(found, model)
    yield from _miss_repetitions(comparison.candidate.confusion, asked, model)
    yield from measured_otherwise(found.behaviours, model)
    if model.weight is None:
        yield from contradictions(model.gates, found.gates, _case(comparison, model, same), _policy(model))
    elif found.candidate.weights is not None:
        yield from _by_weights(found, found.candidate, model, same)
    for yardstick in found.yardsticks:
        if yardstick.source != OWN and yardstick.candidate is not None and model.weight is None:
            yield from _by_yardstick(yardstick, yardstick.candidate, model, same, asked)


def _miss_repetitions(counts: Confusion, asked: int, model: ModelSpec) -> Iterator[str]:
    """Say where rows were asked less often than they have to be, and where counts are not of so many answers a row."""
    if asked < model.repeats and model.seeds == 1:
        yield f"each row was scored {asked} times, and `repeats: {model.repeats}` asks for more"
    if counts.positives % asked or counts.negatives % asked:
        yield f"the counts are not of {asked} answers for each row"


def _miss_weights(found: ModelReport, model: ModelSpec) -> Iterator[str]:
    """Say which side is not counted by weight where the model has a `weight:`, or is where it has none."""
    for name, side in (("candidate", found.candidate), ("baseline", found.baseline)):
        if side is not None and (side.weights is None) is not (model.weight is None):
            said = "without" if side.weights is None else "with"
            yield f"the {name} is counted {said} weights, and ml-ci.yaml says otherwise"


def _by_weights(found: ModelReport, own: Side, model: ModelSpec, same: bool) -> Iterator[str]:
    """Hold the measured rates of all rows against the limits: how much the weights prove is not known from sums."""
    sides = [side for side in (own, found.baseline) if side is not None and side.weights is not None]
    scale = lcm(*(Fraction(one).denominator for side in sides for one in _four(side.weights)))
    whole = [Evaluation(_scaled(side.weights, scale), {}, side.metrics) for side in sides]
    behaviours = weigh_behaviours(found.behaviours)
    comparison = Comparison(whole[0], whole[1] if whole[1:] else None, behaviours=behaviours)
    gates = [gate for gate in model.gates if _is_of_counts(gate) and not gate.condition.metrics & COUNTS]
    yield from contradictions(gates, found.gates, _case(comparison, model, same), _Measured())


class _Measured(Policy):
    """Ask for no proof."""

    def asked(self, own: float | None) -> float | None:
        return None


def _four(weights: Weighted | None) -> tuple[float, ...]:
    return () if weights is None else (weights.tp, weights.fp, weights.tn, weights.fn)


def _scaled(weights: Weighted | None, scale: int) -> Confusion:
    """Give weights as whole numbers of one small part, so that their rates are exact."""
    return Confusion(*(int(Fraction(one) * scale) for one in _four(weights)))


def _by_yardstick(found: Yardstick, own: Confusion, model: ModelSpec, same: bool, asked: int) -> Iterator[str]:
    """Judge what was said to pass by the base's yardstick: its counts are of all rows, without slices and scores."""
    other = None if found.baseline is None else Evaluation(found.baseline)
    comparison = Comparison(Evaluation(own), other, asked=asked)
    passed = {gate.condition for gate in found.gates} - {one.condition for one in found.gates if one.verdict != "pass"}
    # What behaviours came to on the base's rows does not stand in the report: it is taken as it was measured.
    of_labels = [gate for gate in model.gates if not gate.condition.behaviours]
    gates = [gate for gate in of_labels if gate.text in passed and _is_of_counts(gate)]
    case = _case(comparison, model, same)
    for why in (*miscounted(comparison), *contradictions(gates, found.gates, case, _policy(model))):
        yield f"by the yardstick of {found.source}, {why}"


def _is_of_counts(gate: GateSpec) -> bool:
    return all(of_counts(question) for comparison in gate.condition.comparisons for question in questions(comparison))


def _case(comparison: Comparison, model: ModelSpec, same: bool) -> Case:
    folds = model.holdout.folds if isinstance(model.holdout, PartEntry) else None
    cost = None if model.cost is None else (model.cost.fp, model.cost.fn)
    return Case(comparison, same=same, cost=cost, folds=folds or 0)


def _policy(model: ModelSpec) -> Policy:
    return Policy(model.confidence, model.method, model.min_rows, model.seed)


def _measured(side: Side) -> Evaluation:
    return Evaluation(side.confusion, side.slices, side.metrics)
