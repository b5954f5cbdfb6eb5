"""`repeats: k` and `seeds: k`: what is judged, and that no gate fails within what the repetitions differ by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.values import Behaved, Comparison
from ml_ci.gates.evidence import Case
from ml_ci.gates.values import GateResult
from tests.gates.repetitions import LIMITS, RELATIVE, Answers, answer, make_holdout

Judged = Callable[..., tuple[GateResult, ...]]
quickly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROUNDING = 1e-12


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    """Draw a candidate and a baseline that are noisy, a little or a lot, and maybe unlike."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    holdout, repetitions = make_holdout(rng, draw(st.sampled_from([60, 200]))), draw(st.sampled_from([2, 5, 9]))
    spreads = (1.0, draw(st.sampled_from([0.0, 0.2, 1.0])), draw(st.sampled_from([0.0, 0.5, 2.0])))
    shared = rng.normal(size=len(holdout.y_true))
    centers = (draw(st.sampled_from([0.2, 0.6, 0.7])), 0.7)
    sides = [answer(rng, holdout, repetitions, center=one, spreads=spreads, shared=shared) for one in centers]
    return Answers(holdout, *sides)


def spread_of(judged: Judged, several: tuple[Comparison, ...], gate: str, slice_: str | None) -> tuple[float, float]:
    """Give by how much the mean breaks the limit, and the largest difference of two repetitions of one model."""
    each = [next(one for one in judged(Case(of), gate) if one.slice == slice_) for of in several]
    values = [math.nan if one.value is None else one.value for one in each]
    limits = [math.nan if one.limit is None else one.limit for one in each]
    excess = float(np.mean(np.subtract(values, limits)))
    excess = -excess if ">" in gate else excess
    return excess, max(max(values) - min(values), max(limits) - min(limits))


@quickly
@given(answers(), st.sampled_from([*LIMITS, *RELATIVE]), st.sampled_from([None, 0.6, 0.95]))
def test_nothing_fails_within_what_two_repetitions_of_a_model_differ_by(
    judged: Judged, drawn: Answers, gate: str, confidence: float | None
) -> None:
    case = drawn.case
    for found in judged(case, gate, confidence=confidence):
        excess, spread = spread_of(judged, case.comparison.repeats, gate, found.slice)
        if found.verdict == "fail":
            assert excess > spread or spread <= ROUNDING
            assert excess >= -ROUNDING
        assert found.verdict != "error" or found.value is None


@quickly
@given(answers(), st.sampled_from([*LIMITS[:-1], *RELATIVE[:-3]]), st.sampled_from([None, 0.6, 0.95]))
def test_nothing_fails_within_what_two_seeds_differ_by(
    judged: Judged, drawn: Answers, gate: str, confidence: float | None
) -> None:
    several = drawn.comparison.repeats
    for found in judged(Case(replace(several[0], seeds=several)), gate, confidence=confidence):
        excess, spread = spread_of(judged, several, gate, found.slice)
        if found.verdict == "fail":
            assert excess > spread or spread <= ROUNDING


@quickly
@given(answers(), st.sampled_from([*LIMITS, *RELATIVE]))
def test_the_value_is_that_of_all_answers(judged: Judged, drawn: Answers, gate: str) -> None:
    """Rates with a fixed denominator, and counts, are the mean over the repetitions."""
    case = drawn.case
    for found in judged(case, gate):
        each = [
            next(one for one in judged(Case(of), gate) if one.slice == found.slice) for of in case.comparison.repeats
        ]
        if not {"precision", "f1", "worst", "gap", "ratio", "auc"} & set(gate.replace("(", " ").split()):
            assert found.value == pytest.approx(np.mean([one.value for one in each]))


@pytest.mark.parametrize("gate", ["fpr <= 0.3", "fpr <= baseline.fpr + 0.1", "f1 >= baseline.f1 - 0.1"])
def test_repetitions_without_noise_are_judged_as_one(judged: Judged, gate: str) -> None:
    rng = np.random.default_rng(3)
    holdout = make_holdout(rng, 300)
    sides = [np.tile(answer(rng, holdout, 1, spreads=(1.0, 0.0, 0.0)), (5, 1)) for _ in range(2)]
    several = Answers(holdout, *sides)
    once = Case(several.comparison.repeats[0])
    (found,), (alone,) = (judged(case, gate, confidence=0.95) for case in (several.case, once))
    assert (found.verdict, found.value) == (alone.verdict, alone.value)
    assert found.interval == pytest.approx(alone.interval, abs=0.01)
    if found.effective_rows is not None:
        assert found.design_effect == pytest.approx(5.0)


def test_more_noise_proves_less(judged: Judged) -> None:
    widths = []
    for noise in (0.0, 0.3, 1.0):
        rng = np.random.default_rng(5)
        holdout = make_holdout(rng, 400)
        shared = rng.normal(size=400)
        sides = [answer(rng, holdout, 5, spreads=(1.0, noise, 0.5), shared=shared) for _ in range(2)]
        (found,) = judged(Answers(holdout, *sides).case, "fpr <= baseline.fpr", confidence=0.95)
        assert found.interval is not None
        widths.append(found.interval[1] - found.interval[0])
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


def test_what_is_said_of_repetitions(judged: Judged) -> None:
    rng = np.random.default_rng(1)
    holdout = make_holdout(rng, 400)
    sides = [answer(rng, holdout, 5, center=2.0, spreads=(0.3, 0.1, 0.3)) for _ in range(2)]
    (found,) = judged(Answers(holdout, *sides).case, "fpr <= baseline.fpr + 0.2", confidence=0.95)
    assert found.verdict == "pass"
    assert "answers for negatives of 200 rows" in found.reason
    assert "over 5 repetitions FPR" in found.reason
    assert (found.clusters, found.unit) == (200, "rows")


def test_how_many_repetitions_would_decide_is_said(judged: Judged) -> None:
    rng = np.random.default_rng(2)
    holdout = make_holdout(rng, 2000)
    shared = rng.normal(size=2000)
    sides = [answer(rng, holdout, 2, spreads=(1.0, 0.3, 0.2), shared=shared) for _ in range(2)]
    (found,) = judged(Answers(holdout, *sides).case, "fpr <= baseline.fpr + 0.15", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert "the rows would decide it, the repetitions differ too much to tell; repeats: " in found.reason


def test_e_values_and_metrics_of_ones_own_are_left_undecided_by_name(judged: Judged) -> None:
    rng = np.random.default_rng(4)
    holdout = make_holdout(rng, 200)
    drawn = Answers(holdout, *(answer(rng, holdout, 3) for _ in range(2)))
    (found,) = judged(drawn.case, "fpr <= baseline.fpr + 0.5", confidence=0.95, method="anytime")
    assert found.verdict == "inconclusive"
    assert "e-values know no spread between repetitions" in found.reason
    comparison = drawn.comparison
    sides = [replace(one, metrics={**one.metrics, "lift": 2.0}) for one in (comparison.candidate,)]
    own = replace(drawn.case, comparison=replace(comparison, candidate=sides[0]), own=_Lift())
    (found,) = judged(own, "lift >= 1", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert "your own metric is not resampled over repetitions" in found.reason


class _Lift:
    names = ("lift",)
    clustered = True

    def __call__(self, name: str, baseline: bool) -> object:
        return np.full(100, 2.0)


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_behaviour_that_a_noisy_model_breaks_does_not_fail(judged: Judged, noise: float) -> None:
    """It is asked once: that the same row is answered otherwise the next time would break it too."""
    rng = np.random.default_rng(6)
    holdout = make_holdout(rng, 100)
    scores = answer(rng, holdout, 3, spreads=(1.0, 0.0, noise))
    comparison = Answers(holdout, scores, scores).comparison
    of_behaviour = Answers(holdout, scores[:1], scores[:1]).comparison
    asked = replace(comparison, behaviours={"blind": Behaved("vary", 100, replace(of_behaviour, repeats=(), asked=1))})
    found = next(iter(judged_with(judged, Case(asked))))
    assert found.verdict == ("inconclusive" if noise else "fail")
    assert ("behaviours are asked once" in found.reason) is bool(noise)


def judged_with(judged: Judged, case: Case) -> tuple[GateResult, ...]:
    from ml_ci.conditions import parse
    from ml_ci.gates.evidence import Policy
    from ml_ci.gates.judge import judge
    from ml_ci.spec.values import GateSpec

    text = "blind <= 0.01"
    return judge([GateSpec(text, parse(text, (), ("blind",)))], case, Policy())


@pytest.mark.parametrize(("least", "verdict"), [(200, "error"), (90, "pass")])
def test_the_least_rows_of_a_slice_are_rows_and_no_answers(judged: Judged, least: int, verdict: str) -> None:
    rng = np.random.default_rng(8)
    holdout = make_holdout(rng, 200)
    scores = answer(rng, holdout, 5, center=3.0)
    case = Answers(holdout, scores, scores).case
    assert {one.verdict for one in judged(case, "each(fpr, by=region) <= 0.5", min_rows=least)} == {verdict}
    assert {one.verdict for one in judged(case, "worst(fpr, by=region) <= 0.5", min_rows=least)} == {verdict}
