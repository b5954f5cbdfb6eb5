from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from ml_ci.gates.statistics import holm
from ml_ci.gates.statistics.values import Evidence, Outcome

# Benjamini and Hochberg 1995, section 3.2.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def _evidence(outcome: Outcome, p_fail: float) -> Evidence:
    return Evidence(outcome, 0.0, 0.1, 1 - p_fail, p_fail, None, "score")


def test_published_rejections() -> None:
    assert holm.benjamini_hochberg(PUBLISHED, 0.05).sum() == 4
    assert holm.holm(PUBLISHED, 0.05).sum() == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)  # statsmodels takes 40 ms for Holm
def test_statsmodels_agrees(p_values: list[float]) -> None:
    assert holm.holm_adjusted(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    theirs = multipletests(p_values, method="fdr_bh")[1]
    assert holm.benjamini_hochberg_adjusted(p_values) == pytest.approx(theirs, abs=1e-12)


def test_nan_proves_nothing() -> None:
    assert holm.holm([math.nan, 0.001], 0.05).tolist() == [False, True]
    assert holm.benjamini_hochberg([math.nan, 0.001], 0.05).tolist() == [False, True]


def test_no_hypothesis_at_all() -> None:
    assert holm.holm([], 0.05).tolist() == []
    assert holm.after_holm([], 0.05) == ()
    assert holm.overall([], 0.05) == "inconclusive"


def test_a_fail_that_is_one_of_many_needs_more_proof() -> None:
    gates = [_evidence("fail", 0.04), _evidence("pass", 0.9)]
    first, second = holm.after_holm(gates, 0.05)
    assert (first.outcome, second.outcome) == ("inconclusive", "pass")
    assert first.reason == "one of several gates: the fail is not upheld by Holm's correction"
    assert first.interval == gates[0].interval
    assert holm.after_holm(gates[:1], 0.05)[0].outcome == "fail"
    assert [one.outcome for one in holm.after_holm([_evidence("fail", 0.02), *gates[1:]], 0.05)] == ["fail", "pass"]


def test_each_gate_may_have_its_own_level() -> None:
    gates = [_evidence("fail", 0.004), _evidence("fail", 0.03)]
    assert [one.outcome for one in holm.after_holm(gates, [0.01, 0.05])] == ["fail", "fail"]
    gates = [_evidence("fail", 0.006), _evidence("inconclusive", 0.3)]
    assert [one.outcome for one in holm.after_holm(gates, [0.01, 0.05])] == ["inconclusive", "inconclusive"]


@pytest.mark.parametrize(
    ("outcomes", "together"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["pass", "fail"], "fail"),
        (["inconclusive", "fail"], "fail"),
    ],
)
def test_gates_together(outcomes: list[Outcome], together: Outcome) -> None:
    p_fail = {"pass": 0.99, "inconclusive": 0.4, "fail": 0.001}
    assert holm.overall([_evidence(one, p_fail[one]) for one in outcomes], 0.05) == together


def test_no_gate_is_wrongly_failed_more_often_than_alpha() -> None:
    """Ten gates, all exactly on their limits: any upheld fail is wrong."""
    drawn = np.random.default_rng(7).uniform(size=(4000, 10))
    wrong = np.mean([holm.holm(p_values, 0.05).any() for p_values in drawn])
    assert wrong == pytest.approx(0.05, abs=0.012)
