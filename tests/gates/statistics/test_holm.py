from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from ml_ci.gates.statistics import holm

# Benjamini and Hochberg 1995, section 3.2.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_published_rejections() -> None:
    assert holm.benjamini_hochberg(PUBLISHED, 0.05).sum() == 4
    assert holm.holm(PUBLISHED, 0.05).sum() == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)  # statsmodels takes 40 ms for Holm
def test_statsmodels_agrees(p_values: list[float]) -> None:
    adjusted = multipletests(p_values, method="holm")[1]
    for alpha in (0.01, 0.05, 0.5):
        clear = abs(adjusted - alpha) > 1e-9  # rounding decides about what lies on the level
        assert (holm.holm(p_values, alpha) == (adjusted <= alpha))[clear].all()
    theirs = multipletests(p_values, method="fdr_bh")[1]
    assert holm.benjamini_hochberg_adjusted(p_values) == pytest.approx(theirs, abs=1e-12)


def test_nan_proves_nothing() -> None:
    assert holm.holm([math.nan, 0.001], 0.05).tolist() == [False, True]
    assert holm.benjamini_hochberg([math.nan, 0.001], 0.05).tolist() == [False, True]


def test_no_hypothesis_at_all() -> None:
    assert holm.holm([], 0.05).tolist() == []
    assert holm.benjamini_hochberg([], 0.05).tolist() == []


def test_no_gate_is_wrongly_failed_more_often_than_alpha() -> None:
    """Ten gates, all exactly on their limits: any upheld fail is wrong."""
    drawn = np.random.default_rng(7).uniform(size=(4000, 10))
    wrong = np.mean([holm.holm(p_values, 0.05).any() for p_values in drawn])
    assert wrong == pytest.approx(0.05, abs=0.012)
