"""Comparisons as weighted sums: the form in which gates are judged."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ml_ci.conditions import parse
from ml_ci.conditions.linear import Linear, NotLinearError, linear
from ml_ci.conditions.tree import Arithmetic, Expression, Metric, OverSlices
from ml_ci.metrics import OF_COUNTS, OF_JOB, OF_SCORES

FNR, FPR = Metric("fnr", baseline=True), Metric("fpr", baseline=True)
OF_SLICES = {"gap(fnr, by=a)", "ratio(fnr, by=a)", "worst(fnr, by=a)"}
ATOMS = sorted((OF_COUNTS | OF_SCORES | OF_JOB | OF_SLICES | {"recall_at(fpr=0.01)"}) - {"recall_at"})


def limit(text: str) -> Expression:
    """Read what stands behind `cost <=`."""
    return parse(f"cost <= {text}").comparisons[0].terms[1]


@pytest.mark.parametrize("atom", ATOMS)
def test_a_number_may_stand_on_either_side_of_a_metric(atom: str) -> None:
    behind, before = linear(limit(f"baseline.{atom} * 1.1")), linear(limit(f"1.1 * baseline.{atom}"))
    [(found, weight)] = behind.weights
    assert behind == before
    assert (isinstance(found, Metric | OverSlices), weight, behind.constant) == (True, Fraction("1.1"), 0)


@pytest.mark.parametrize(
    ("text", "constant", "weights"),
    [
        ("0.05", "0.05", {}),
        ("2 * 3", "6", {}),
        ("baseline.fnr", "0", {FNR: "1"}),
        ("baseline.fnr + 0.01", "0.01", {FNR: "1"}),
        ("baseline.fnr - 0.01", "-0.01", {FNR: "1"}),
        ("0.01 - baseline.fnr", "0.01", {FNR: "-1"}),
        ("(baseline.fnr + 0.1) * 2", "0.2", {FNR: "2"}),
        ("3 * (0.1 - baseline.fnr)", "0.3", {FNR: "-3"}),
        ("2 * baseline.fnr + baseline.fnr", "0", {FNR: "3"}),
        ("baseline.fnr - baseline.fnr", "0", {}),
        ("0 * baseline.fnr + 1", "1", {}),
        ("baseline.fnr * 0.5 - baseline.fpr * 0.25", "0", {FNR: "0.5", FPR: "-0.25"}),
    ],
)
def test_the_linear_form_is_exact(text: str, constant: str, weights: dict[Metric, str]) -> None:
    found = linear(limit(text))
    assert found.constant == Fraction(constant)
    assert dict(found.weights) == {atom: Fraction(weight) for atom, weight in weights.items()}


def test_two_metrics_are_not_multiplied() -> None:
    with pytest.raises(NotLinearError):
        linear(Arithmetic("*", FNR, FPR))
    assert linear(FNR) == Linear(Fraction(0), ((FNR, Fraction(1)),))
