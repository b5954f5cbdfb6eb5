"""Gates on metrics of the user's own, resampled by their own code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case
from ml_ci.gates.values import GateResult

Judged = Callable[..., tuple[GateResult, ...]]


class Replicates:
    def __init__(self, candidate: Any, baseline: Any) -> None:
        self.values = {False: candidate, True: baseline}

    @property
    def names(self) -> Collection[str]:
        return ("lift",)

    def __call__(self, name: str, baseline: bool) -> Any:
        return self.values[baseline]


def _case(spread: float, baseline: float = 2.5) -> Case:
    draw = np.random.default_rng(0).normal(0, spread, 500)
    sides = [Evaluation(Confusion(5, 5, 5, 5), metrics={"lift": value}) for value in (3.0, baseline)]
    return Case(Comparison(sides[0], sides[1]), own=Replicates(3.0 + draw, baseline + draw))


def test_a_limit_is_proven_refuted_or_left_open(judged: Judged) -> None:
    wide, narrow = _case(1.0), _case(0.1)
    (open_,), (proven,) = judged(wide, "lift >= 2", confidence=0.95), judged(narrow, "lift >= 2", confidence=0.95)
    (refuted,) = judged(narrow, "lift >= 4", confidence=0.95)
    assert (open_.verdict, proven.verdict, refuted.verdict) == ("inconclusive", "pass", "fail")
    assert proven.interval is not None and 2.7 < proven.interval[0] < 3.0 < proven.interval[1] < 3.3
    assert open_.needs is not None


def test_both_sides_are_paired_by_resample(judged: Judged) -> None:
    """What moves both sides alike cancels: the spread of each is larger than their distance."""
    case = _case(1.0, 3.1)
    own = case.own.values  # type: ignore[union-attr]
    own[True] = own[True] + np.random.default_rng(1).normal(0, 0.01, 500)
    (found,) = judged(case, "lift >= baseline.lift - 0.2", confidence=0.95)
    assert found.verdict == "pass"
    own[True] = np.random.default_rng(1).permutation(own[True])
    (apart,) = judged(case, "lift >= baseline.lift - 0.2", confidence=0.95)
    (alone,) = judged(_case(1.0), "lift >= 2", confidence=0.95)
    assert (apart.verdict, alone.verdict) == ("inconclusive", "inconclusive")


def test_where_each_resample_moves_both_alike_nothing_shows_the_spread(judged: Judged) -> None:
    (found,) = judged(_case(1.0, 3.1), "lift >= baseline.lift - 0.2", confidence=0.95)
    assert (found.verdict, found.interval) == ("inconclusive", None)
    assert "every resample gives the same value" in found.reason


def test_too_few_resamples_for_a_high_confidence_leave_it_open(judged: Judged) -> None:
    (found,) = judged(_case(0.1), "lift >= 2 @ 0.9999")
    assert found.verdict == "inconclusive"
    assert "resamples are too few" in found.reason


def test_resamples_that_are_undefined_prove_nothing(judged: Judged) -> None:
    case = _case(0.1)
    case.own.values[False][:100] = np.nan  # type: ignore[union-attr]
    (found,) = judged(case, "lift >= 2", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert "undefined in 100 of 500 resamples" in found.reason
