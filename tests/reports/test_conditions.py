"""A gate is named by what it compares; any other text is shown as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.conditions import name, shape


@pytest.mark.parametrize(
    ("condition", "slice_name", "said"),
    [
        ("fpr <= 0.05", None, "FPR"),
        ("fpr <= 0.05 @ 0.95", None, "FPR"),
        ("fnr <= baseline.fnr + 0.01", None, "FNR against the baseline"),
        ("fnr <= 1.1 * baseline.fnr", None, "FNR against the baseline"),
        ("each(fnr, by=region) <= 0.2", "region = north", "FNR, region = north"),
        ("each(fnr, by=region) <= 0.2", None, "FNR by region"),
        ("each(fnr, by=[sex, race]) <= 0.2", "sex = F, race = B", "FNR, sex = F, race = B"),
        ("gap(fpr, by=region) <= 0.05", None, "gap in FPR by region"),
        ("worst(fnr, by=region) <= 0.2", None, "worst FNR by region"),
        ("ratio(fpr, by=region) <= 1.25", None, "ratio of FPR by region"),
        ("recall_at(fpr=0.01) >= 0.5", None, "recall at FPR 1.0%"),
        ("log_loss <= 0.3", None, "log loss"),
        ("fpr + fnr <= 0.3", None, None),
        ("fpr <= 0.1 and fnr <= 0.2", None, None),
        ("0.1 <= fpr <= 0.2", None, None),
        ("mine <= 0.3", None, "mine"),
        ("not a condition", None, None),
        ("", None, None),
    ],
)
def test_name(condition: str, slice_name: str | None, said: str | None) -> None:
    assert name(shape(condition, ("mine",)), slice_name) == said


def test_relative_conditions_are_known_without_a_name() -> None:
    assert shape("fpr + fnr <= baseline.fpr + baseline.fnr").relative
    assert not shape("fpr + fnr <= 0.2").relative


def test_signs() -> None:
    signs = [shape(f"auc {sign} 0.9").sign for sign in ("<=", ">=", "<", ">")]
    assert signs == ["≤", "≥", "<", ">"]


@given(st.text())
def test_no_text_fails(condition: str) -> None:
    shape(condition)


def test_a_long_text_is_not_even_parsed() -> None:
    assert shape("(" * 2_000_000).metric is None
