"""The behaviours of a report as counts to judge by, held to what a configuration that is trusted says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Behaved, Comparison, Evaluation
from ml_ci.reports.values import BehaviourReport, Broken
from ml_ci.spec.values import ModelSpec

_Reader: TypeAlias = Callable[[Broken], Evaluation]


def read_behaviours(found: Mapping[str, BehaviourReport]) -> Mapping[str, Behaved]:
    """Give the counts of each behaviour, of the rows to which it applies; no word of what they came to."""
    return {name: _behaved(one, _read) for name, one in found.items()}


def weigh_behaviours(found: Mapping[str, BehaviourReport]) -> Mapping[str, Behaved]:
    """Give the counts by weight, as whole numbers of one small part; nothing of those that say none."""
    weighed = {
        name: one for name, one in found.items() if one.candidate is not None and one.candidate.weights is not None
    }
    return {name: _behaved(one, _weigh) for name, one in weighed.items()}


def measured_otherwise(found: Mapping[str, BehaviourReport], model: ModelSpec) -> Iterator[str]:
    """Say which behaviours were measured by another definition than the one that judges."""
    for name, behaviour in model.behaviours.items():
        one = found.get(name)
        if one is not None and (one.kind, one.says) != (behaviour.kind, behaviour.text):
            yield f"{name} was measured as `{one.says}`, and ml-ci.yaml says `{behaviour.text}`"
        if one is not None and one.certain is not (behaviour.kind == "cases"):
            yield f"{name} is called {'no sample' if one.certain else 'a sample'}, and is another"


def _behaved(one: BehaviourReport, read: _Reader) -> Behaved:
    if one.candidate is None:
        return Behaved(one.kind, one.rows, why=one.why)
    other = None if one.baseline is None else read(one.baseline)
    return Behaved(one.kind, one.rows, Comparison(read(one.candidate), other), one.why, certain=one.kind == "cases")


def _read(side: Broken) -> Evaluation:
    slices = {
        column: {value: Confusion(fp=broken, tn=applies - broken) for value, (applies, broken) in values.items()}
        for column, values in side.slices.items()
    }
    return Evaluation(Confusion(fp=side.broken, tn=side.applies - side.broken), slices)


def _weigh(side: Broken) -> Evaluation:
    applies, broken = (Fraction(one) for one in side.weights or (0.0, 0.0))
    scale = lcm(applies.denominator, broken.denominator)
    return Evaluation(Confusion(fp=int(broken * scale), tn=int((applies - broken) * scale)))
