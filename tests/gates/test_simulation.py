"""How often gates are wrong, simulated over the real gate code, against the reference's table.

`python tests/gates/test_simulation.py 200000` prints the table at full size.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.spec.values import GateSpec

GATE = GateSpec("fpr <= baseline.fpr + 0.01", parse("fpr <= baseline.fpr + 0.01"))
DISCORDANCE = 0.02

# rows, confidence, true difference, percent of pass, fail and inconclusive.
TABLE = [
    (500, None, 0.0, (96, 4, 0)),
    (500, None, 0.015, (27, 73, 0)),
    (500, 0.95, 0.0, (44, 0.1, 56)),
    (500, 0.95, 0.015, (0.6, 24, 76)),
    (2000, None, 0.0, (99.9, 0.1, 0)),
    (2000, None, 0.015, (6, 94, 0)),
    (2000, 0.95, 0.0, (92, 0, 8)),
    (2000, 0.95, 0.015, (0.05, 53, 47)),
    (10_000, 0.95, 0.0, (100, 0, 0)),
    (10_000, 0.95, 0.015, (0, 98, 2)),
]


@cache
def verdict(b: int, c: int, n: int, confidence: float | None) -> str:
    negatives = PairedErrors(5, b, c, n - b - c - 5)
    candidate = Confusion(tp=10, fn=10, fp=5 + b, tn=n - 5 - b)
    baseline = Confusion(tp=10, fn=10, fp=5 + c, tn=n - 5 - c)
    case = Case(Comparison(Evaluation(candidate), Evaluation(baseline), Paired(negatives)))
    return judge([GATE], case, Policy(confidence=confidence))[0].verdict


def rates(n: int, confidence: float | None, difference: float, runs: int) -> tuple[float, float, float]:
    """Give the percentages of pass, fail and inconclusive over simulated holdouts."""
    shares = [(DISCORDANCE + difference) / 2, (DISCORDANCE - difference) / 2, 1 - DISCORDANCE]
    drawn = np.random.default_rng(20).multinomial(n, shares, runs)
    found = Counter(verdict(int(b), int(c), n, confidence) for b, c, _ in drawn)
    return (found["pass"] / runs * 100, found["fail"] / runs * 100, found["inconclusive"] / runs * 100)


@pytest.mark.parametrize(("n", "confidence", "difference", "expected"), TABLE)
def test_wrong_verdicts_are_as_rare_as_the_reference_says(
    n: int, confidence: float | None, difference: float, expected: tuple[float, float, float]
) -> None:
    runs = 2000
    for found, percent in zip(rates(n, confidence, difference, runs), expected, strict=True):
        error = 100 * np.sqrt(max(percent / 100 * (1 - percent / 100), 0.001) / runs)
        assert abs(found - percent) <= 3.5 * error + 0.5  # the table is rounded to whole percents


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for rows, asked, true, table in TABLE:
        told = " / ".join(f"{share:.2f}" for share in rates(rows, asked, true, size))
        print(f"n = {rows:5}  confidence {asked}  true difference {true:.3f}:  {told}  (reference {table})")
