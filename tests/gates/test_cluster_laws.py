"""Laws that hold for every holdout whose rows belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.conditions import parse
from ml_ci.gates.defined import UndefinedError
from ml_ci.gates.evidence import Case
from ml_ci.gates.question import questions
from ml_ci.gates.resampled_counts import basis_of
from ml_ci.gates.values import GateResult
from ml_ci.gates.view import View
from tests.gates.clusters import Rows, compare

Judged = Callable[..., tuple[GateResult, ...]]

EXACT = [
    "fpr <= 0.05",
    "recall >= 0.8",
    "precision >= 0.7",
    "accuracy > 0.9",
    "fnr <= baseline.fnr + 0.01",
    "accuracy >= baseline.accuracy - 0.05",
    "selection_rate <= 0.9 and fpr <= 0.3",
    "each(fnr, by=region) <= 0.2",
    "each(fpr, by=region) <= baseline.fpr + 0.05",
    "worst(recall, by=region) >= 0.5",
    "gap(fpr, by=region) <= 0.1",
    "ratio(fnr, by=region) <= 1.5",
]
# What is drawn differs where a design effect differs in its last digit.
RESAMPLED = [
    "fnr <= 1.2 * baseline.fnr + 0.01",
    "f1 >= baseline.f1 - 0.02",
    "precision >= baseline.precision - 0.05",
    "gap(fpr, by=region) <= baseline.gap(fpr, by=region) + 0.1",
    "mcc >= 0.2",
]
MIRRORED = ["fpr", "fnr", "recall", "accuracy", "selection_rate"]


@st.composite
def holdouts(draw: st.DrawFn, weighted: bool = False, single: bool = False, least: int = 3) -> Rows:
    """Draw customers with some rows each, of which some err more than others."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    number, most = max(least, draw(st.sampled_from([3, 25, 90]))), 1 if single else draw(st.sampled_from([1, 4, 9]))
    codes = np.repeat(np.arange(number), rng.integers(1, most + 1, number))
    rows, errs = len(codes), rng.beta(0.3, 3, number)[codes]
    label = rng.random(rows) < 0.4
    sides = [label ^ (rng.random(rows) < draw(st.sampled_from([0.0, 0.3, 1.0])) * errs) for _ in range(2)]
    weights = rng.integers(1, 5, rows).astype(float) if weighted else None
    regions = ["north" if code % 3 else "south" for code in codes.tolist()]
    return Rows(label, sides[0], sides[1], codes, weights, {"region": regions})


POLICIES = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from([None, 0.9, 0.95]),
        "method": st.sampled_from(["score", "exact", "anytime"]),
        "min_rows": st.sampled_from([None, 1]),
    }
)
quickly = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judge(
    judged: Judged, rows: Rows, policy: dict[str, Any], gates: Sequence[str] = EXACT, *, cluster: bool = True
) -> tuple[GateResult, ...]:
    return judged(Case(compare(rows, ("customer_id",) if cluster else ())), *gates, **policy)


def assert_ratios(rows: Rows, other: Rows, times: float) -> None:
    """Hold that so many (weighted) rows more count as one in what is resampled."""
    for text in RESAMPLED:
        (question,) = questions(parse(text).comparisons[0])
        with suppress(UndefinedError):
            bases = [basis_of(question, View(Case(compare(one)))) for one in (rows, other)]
            assert bases[1].ratio == pytest.approx(bases[0].ratio * times, rel=1e-6)
            for one, more in zip(*(basis.classes for basis in bases), strict=True):
                assert more.tolist() == pytest.approx((one * times).tolist())


def assert_alike(one: tuple[GateResult, ...], other: tuple[GateResult, ...]) -> None:
    for first, second in zip(one, other, strict=True):
        assert (first.condition, first.slice, first.verdict) == (second.condition, second.slice, second.verdict)
        assert first.value == (None if second.value is None else pytest.approx(second.value, abs=1e-12))
        assert first.interval == (
            None if second.interval is None else pytest.approx(second.interval, abs=1e-7, rel=1e-7)
        )


@quickly
@given(rows=holdouts(single=True), policy=POLICIES)
def test_one_row_each_is_judged_as_rows_are(judged: Judged, rows: Rows, policy: dict[str, Any]) -> None:
    every = EXACT + RESAMPLED
    assert judge(judged, rows, policy, every) == judge(judged, rows, policy, every, cluster=False)


@quickly
@given(rows=holdouts(weighted=True), policy=POLICIES, seed=st.integers(0, 99))
def test_another_order_and_other_names_change_nothing(
    judged: Judged, rows: Rows, policy: dict[str, Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    names = rng.permutation(10_000)[: rows.codes.max() + 1]
    shuffled = rows.take(rng.permutation(len(rows.codes)))
    other = Rows(
        shuffled.label,
        shuffled.candidate,
        shuffled.baseline,
        names[shuffled.codes],
        shuffled.weights,
        shuffled.slices,
    )
    every = EXACT + RESAMPLED
    found = judge(judged, rows, policy, every), judge(judged, other, policy, every)
    assert_alike(*(tuple(sorted(one, key=lambda gate: (gate.condition, gate.slice or ""))) for one in found))


@quickly
@given(rows=holdouts(weighted=True), policy=POLICIES, scale=st.sampled_from([2.0, 0.25, 1e-6, 3.0]))
def test_scaled_weights_change_nothing(judged: Judged, rows: Rows, policy: dict[str, Any], scale: float) -> None:
    assert rows.weights is not None
    scaled = Rows(rows.label, rows.candidate, rows.baseline, rows.codes, scale * rows.weights, rows.slices)
    assert_alike(judge(judged, rows, policy), judge(judged, scaled, policy))
    assert_ratios(rows, scaled, scale)


@quickly
@given(rows=holdouts(), policy=POLICIES)
def test_like_weights_are_no_weights(judged: Judged, rows: Rows, policy: dict[str, Any]) -> None:
    weighted = Rows(rows.label, rows.candidate, rows.baseline, rows.codes, np.full(len(rows.label), 8.0), rows.slices)
    assert_alike(judge(judged, rows, policy), judge(judged, weighted, policy))


@quickly
@given(rows=holdouts(least=240), policy=POLICIES)
def test_each_row_twice_under_its_own_name_changes_nothing(judged: Judged, rows: Rows, policy: dict[str, Any]) -> None:
    """Where each row was its own cluster before (R = 2), and where it was not.

    Of fewer than ten rows of a slice each becomes a giant among clusters.
    """
    policy = {**policy, "min_rows": 1}
    twice = rows.take(np.repeat(np.arange(len(rows.codes)), 2))
    assert_alike(judge(judged, rows, policy), judge(judged, twice, policy))
    assert_ratios(rows, twice, 2.0)


@quickly
@given(rows=holdouts(), policy=POLICIES, name=st.sampled_from(MIRRORED))
def test_swapped_models_mirror(judged: Judged, rows: Rows, policy: dict[str, Any], name: str) -> None:
    gate = f"{name} <= baseline.{name} + 0.02"
    (there,), (back,) = (judged(Case(compare(one)), gate, **policy) for one in (rows, rows.swapped()))
    if there.interval is None or back.interval is None:
        assert there.interval == back.interval
        return
    assert abs(there.interval[0] + back.interval[1]) < 1e-7
    assert abs(there.interval[1] + back.interval[0]) < 1e-7
    assert (there.value, there.baseline) == (back.baseline, back.value)


@quickly
@given(rows=holdouts(), policy=POLICIES)
def test_rows_that_belong_together_never_prove_more(judged: Judged, rows: Rows, policy: dict[str, Any]) -> None:
    clustered, alone = judge(judged, rows, policy), judge(judged, rows, policy, cluster=False)
    for one, other in zip(clustered, alone, strict=True):
        assert one.value == other.value or " and " in one.condition
        if one.verdict == "pass":
            assert other.verdict == "pass"
        if one.verdict == "fail" and policy["confidence"]:
            assert other.verdict in ("fail", "inconclusive")  # inconclusive: Holm over more gates


@quickly
@given(rows=holdouts(weighted=True), policy=POLICIES)
def test_every_result_says_what_it_rests_on(judged: Judged, rows: Rows, policy: dict[str, Any]) -> None:
    for one in judge(judged, rows, policy, EXACT + RESAMPLED):
        assert one.reason
        assert one.verdict in ("pass", "fail", "inconclusive", "error")
        if one.design_effect is not None and one.effective_rows is not None:
            assert one.design_effect >= 1 - 1e-9
            assert 0 < one.effective_rows <= len(rows.label) * (1 + 1e-9)
        if one.needs_clusters is not None:
            assert one.needs is not None
            assert one.unit == "customers"
