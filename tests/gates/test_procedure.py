"""`seeds: k`: a gate passes only where the artifact and the procedure are proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case
from ml_ci.gates.procedure import together
from ml_ci.gates.statistics.values import Evidence, Outcome
from ml_ci.gates.values import GateResult

Judged = Callable[..., tuple[GateResult, ...]]
Side = tuple[Outcome, float, int | None]


def _comparison(candidate: int, baseline: int, rows: int = 10_000) -> Comparison:
    """Miss so many of the positives; what the one misses beyond the other is all that tells them apart."""
    sides = [Evaluation(Confusion(rows - missed, 5, 995, missed)) for missed in (candidate, baseline)]
    both = min(candidate, baseline)
    crossed = PairedErrors(both, candidate - both, baseline - both, rows - max(candidate, baseline))
    return Comparison(sides[0], sides[1], Paired(PairedErrors(5, 0, 0, 995), crossed))


def _case(*missed: tuple[int, int], rows: int = 10_000) -> Case:
    seeds = tuple(_comparison(*one, rows=rows) for one in missed)
    return Case(replace(seeds[0], seeds=seeds))


def test_a_procedure_that_is_as_good_passes(judged: Judged) -> None:
    case = _case((820, 800), (805, 795), (790, 800), (812, 808), (799, 801))
    (found,) = judged(case, "fnr <= baseline.fnr + 0.01", confidence=0.95)
    assert found.verdict == "pass"
    assert "over 5 seeds FNR 8.1% ± 0.1 points, +0.0 points ± 0.1 points to the baseline" in found.reason.replace(
        "+0.04", "+0.0"
    )
    assert found.reason.endswith("the seeds prove it too")


def test_luck_with_the_own_seed_does_not_pass(judged: Judged) -> None:
    case = _case((800, 800), (1000, 800), (1010, 790), (1005, 810), (990, 805))
    (found,) = judged(case, "fnr <= baseline.fnr + 0.01", confidence=0.95)
    assert found.verdict != "pass"
    (lucky,) = judged(Case(_comparison(800, 800)), "fnr <= baseline.fnr + 0.01", confidence=0.95)
    assert lucky.verdict == "pass"


def test_a_procedure_that_is_worse_fails(judged: Judged) -> None:
    case = _case((1000, 800), (1001, 800), (1010, 800), (1005, 800), (990, 800))
    (found,) = judged(case, "fnr <= baseline.fnr + 0.01", confidence=0.95)
    assert found.verdict == "fail"
    assert found.reason.endswith("the seeds prove the contrary")


def test_seeds_without_any_difference_prove_nothing_on_few_rows(judged: Judged) -> None:
    """A training that ignores its seed has no spread: the holdout's rows still have to bear the gate out."""
    case = _case(*[(3, 3)] * 5, rows=40)
    (found,) = judged(case, "fnr <= 0.10", confidence=0.95)
    assert found.verdict == "inconclusive"


def test_without_a_confidence_the_mean_has_to_hold_too(judged: Judged) -> None:
    lucky = _case((700, 800), (1000, 800), (1010, 790), (1005, 810), (990, 805))
    (found,) = judged(lucky, "fnr <= 0.09")
    assert found.verdict == "inconclusive", "two of the seeds differ by 3.1 points, and the limit lies 0.4 below them"
    assert "over 5 seeds FNR 9.4% ± 1.3 points" in found.reason
    assert "the limit lies within what two seeds of one model differ by (3.1 points)" in found.reason
    (found,) = judged(lucky, "fnr <= 0.06")
    assert found.verdict == "fail"
    (even,) = judged(_case(*[(700, 800)] * 5), "fnr <= 0.09")
    assert even.verdict == "pass"


@pytest.mark.parametrize("gate", ["fnr <= 0.08", "recall >= 0.92"])
def test_a_mean_that_is_the_limit_holds(judged: Judged, gate: str) -> None:
    (found,) = judged(_case(*[(800, 800)] * 5), gate)
    assert found.verdict == "pass"


@pytest.mark.parametrize(
    ("artifact", "seeds", "outcome", "p_fail", "needs"),
    [
        (("pass", 0.99, 7), ("pass", 0.98, None), "pass", 0.99, 7),
        (("pass", 0.99, 7), ("inconclusive", 0.8, None), "inconclusive", 1.0, None),
        (("inconclusive", 0.3, 7), ("pass", 0.99, None), "inconclusive", 0.6, 7),
        (("fail", 0.02, None), ("inconclusive", 0.5, None), "fail", 0.04, None),
        (("fail", 0.03, None), ("inconclusive", 0.5, None), "inconclusive", 0.06, None),
        (("inconclusive", 0.5, 7), ("fail", 0.025, None), "fail", 0.05, None),
        (("pass", 0.99, None), ("fail", 0.03, None), "inconclusive", 0.06, None),
    ],
)
def test_artifact_and_seeds_share_the_level(
    artifact: Side, seeds: Side, outcome: str, p_fail: float, needs: int | None
) -> None:
    own, over_seeds = (Evidence(side[0], 0.0, 1.0, 0.5, side[1], side[2]) for side in (artifact, seeds))
    found = together(own, over_seeds, 0.05)
    assert (found.outcome, found.p_fail, found.needs) == (outcome, pytest.approx(p_fail), needs)


def test_a_rate_that_one_seed_leaves_undefined_is_no_pass(judged: Judged) -> None:
    good = _comparison(3, 3)
    empty = Comparison(Evaluation(Confusion(0, 5, 995, 0)), good.baseline, good.paired)
    case = Case(replace(good, seeds=(good, good, good, good, empty)))
    (proven,) = judged(case, "fnr <= 0.09", confidence=0.95)
    (measured,) = judged(case, "fnr <= 0.09")
    assert (proven.verdict, measured.verdict) == ("inconclusive", "inconclusive")
    assert "undefined for at least one" in proven.reason
    assert "undefined for at least one of the seeds" in measured.reason


@pytest.mark.parametrize("k", [2, 4])
def test_fewer_than_five_seeds_are_too_few(judged: Judged, k: int) -> None:
    (found,) = judged(_case(*[(30, 30)] * k), "fnr <= 0.09", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert f"{k} seeds are too few to tell luck from skill" in found.reason
