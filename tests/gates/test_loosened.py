"""Which changes of a gate let more pass."""

from __future__ import annotations

import pytest

from ml_ci.conditions import parse
from ml_ci.gates.loosened import loosened

CASES = [
    ("fpr <= 0.05", "fpr <= 0.05", False),
    ("fpr <= 0.05", "fpr <= 0.06", True),
    ("fpr <= 0.05", "fpr <= 0.04", False),
    ("recall >= 0.8", "recall >= 0.7", True),
    ("recall >= 0.8", "0.9 <= recall", False),
    ("fpr < 0.05", "fpr <= 0.05", True),
    ("fpr <= 0.05", "0.05 > fpr", False),
    ("fpr <= 0.05", "fnr <= 0.05", None),
    ("fnr <= baseline.fnr + 0.01", "fnr <= baseline.fnr + 0.02", True),
    ("fnr <= baseline.fnr + 0.01", "fnr - baseline.fnr <= 0.01", False),
    ("fnr <= baseline.fnr + 0.01", "fnr <= 0.3", None),
    ("fnr <= 1.1 * baseline.fnr", "fnr <= 1.2 * baseline.fnr", True),
    ("fnr <= 1.1 * baseline.fnr + 0.01", "fnr <= 1.2 * baseline.fnr", None),
    ("mcc >= 0.9 * baseline.mcc", "mcc >= 0.8 * baseline.mcc", None),
    ("fpr <= 0.05 @ 0.95", "fpr <= 0.05 @ 0.9", True),
    ("fpr <= 0.05 @ 0.95", "fpr <= 0.05", True),
    ("fpr <= 0.05 @ 0.95", "fpr <= 0.05 @ 0", True),
    ("fpr <= 0.05", "fpr <= 0.05 @ 0.95", False),
    ("fpr <= 0.05 @ 0.95", "fpr <= 0.06 @ 0.99", None),
    ("fpr <= 0.05 and fnr <= 0.1", "fpr <= 0.05", True),
    ("fpr <= 0.05", "fpr <= 0.05 and fnr <= 0.1", False),
    ("fpr <= 0.05 and fnr <= 0.1", "fpr <= 0.05 and auc >= 0.8", None),
    ("fpr <= 0.05 and fpr <= 0.2", "fpr <= 0.2", True),
    ("fpr <= 0.2 and fpr <= 0.05", "fpr <= 0.05", False),
    ("fpr <= 0.05", "fpr <= 0.05 and fpr <= 0.2", False),
    ("fpr <= 0.05 @ 0.9 and fpr <= 0.2 @ 0.95", "fpr <= 0.05", None),
    ("0.1 <= fpr <= 0.2", "0.1 <= fpr <= 0.3", True),
    ("each(fnr, by=region) <= 0.2", "each(fnr, by=region) <= 0.3", True),
    ("each(fnr, by=region) <= 0.2", "worst(fnr, by=region) <= 0.2", None),
]


@pytest.mark.parametrize(("old", "new", "answer"), CASES)
def test_loosened(old: str, new: str, answer: bool | None) -> None:
    assert loosened(parse(old), parse(new)) is answer


def test_the_confidence_of_the_model_counts_where_a_gate_has_none() -> None:
    gate = parse("fpr <= 0.05")
    assert loosened(gate, gate, confidence=(0.95, None)) is True
    assert loosened(gate, gate, confidence=(0.95, 0.99)) is False
    assert loosened(parse("fpr <= 0.05 @ 0.95"), gate, confidence=(None, 0.95)) is False
