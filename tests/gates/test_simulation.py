"""How often gates are wrong, simulated over the real gate code, against the reference's table.

`python tests/gates/test_simulation.py 200000` prints the table at full size, and then how often a model at the limit
passes where rows belong together, the worst cells first (a hundredth as many holdouts: each is judged by itself).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_ci.conditions import parse
from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.count import Cells
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


# Give the rows of each cluster, (clusters, 3): only the candidate errs, only the baseline, neither.
Draw = Callable[[np.random.Generator], NDArray[np.int64]]
MOST_WRONG = 0.065


@dataclass(frozen=True)
class Clustered:
    """A holdout of clusters whose true rate, or difference, is the limit: whatever passes, passes wrongly."""

    name: str
    gate: str
    draw: Draw


def _alike(clusters: int, size: int, b: float, c: float = 0.0) -> Draw:
    """Draw clusters of which all rows are alike."""
    return lambda rng: size * rng.multinomial(1, [b, c, 1 - b - c], clusters)


def _correlated(clusters: int, size: int, b: float, c: float, alike: float) -> Draw:
    """Draw clusters with their own shares of errors (Dirichlet): two rows of one correlate as given."""
    sure = (1 - alike) / alike

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.multinomial(size, rng.dirichlet([sure * b + 1e-12, sure * c + 1e-12, sure * (1 - b - c)], clusters))

    return draw


def _unlike(sizes: list[int], b: float, c: float) -> Draw:
    """Draw clusters of several sizes, of which all rows are alike."""
    return lambda rng: np.array(sizes)[:, np.newaxis] * rng.multinomial(1, [b, c, 1 - b - c], len(sizes))


def _margin(margin: float) -> str:
    return f"fpr <= baseline.fpr + {margin}"


CLUSTERED = [
    Clustered("400 x 5 alike", _margin(0.01), _alike(400, 5, 0.03, 0.02)),
    Clustered("200 x 10 alike", _margin(0.01), _alike(200, 10, 0.03, 0.02)),
    Clustered("200 x 10 correlation .2", _margin(0.01), _correlated(200, 10, 0.03, 0.02, 0.2)),
    Clustered("150 x 8 rows apart", _margin(0.02), _correlated(150, 8, 0.03, 0.01, 0.001)),
    Clustered("400 of 1 to 9 alike", _margin(0.02), _unlike([1, 3, 9, 5] * 100, 0.04, 0.02)),
    Clustered("30 x 100, 2 whole expected", _margin(0.0667), _alike(30, 100, 2 / 30)),
    Clustered("150 x 5, none or one discordant", _margin(0.02), _alike(150, 5, 0.02)),
    Clustered("300 x 5, none or one discordant", _margin(0.01), _alike(300, 5, 0.01)),
    Clustered("rate: 400 x 5 alike", "fpr <= 0.05", _alike(400, 5, 0.05)),
    Clustered("rate: 200 x 10 alike", "fpr <= 0.05", _alike(200, 10, 0.05)),
    Clustered("rate: 200 x 10 correlation .2", "fpr <= 0.05", _correlated(200, 10, 0.05, 0.0, 0.2)),
    Clustered("rate: 30 x 100, 2 whole expected", "fpr <= 0.0667", _alike(30, 100, 2 / 30)),
    Clustered("rate: 60 x 5, none or one errs", "fpr <= 0.05", _alike(60, 5, 0.05)),
    Clustered("rate: 400 of 1 to 9 alike", "fpr <= 0.05", _unlike([1, 3, 9, 5] * 100, 0.05, 0.0)),
]


def _case(rows: NDArray[np.int64], *, together: bool = True) -> Case:
    """Count clusters of negatives, which only the candidate, only the baseline or neither has wrong."""
    v = np.zeros((len(rows), 8), np.int64)
    v[:, [2, 1, 0]] = rows
    cells, sizes = Cells(tuple(v.sum(axis=0).tolist())), rows.sum(axis=1)
    largest, flagged = float(sizes.max()), float(rows[:, 0].max())
    moments = Moments(
        cells.n,
        tuple(map(float, cells.n)),
        tuple(tuple(map(float, row)) for row in (v.T @ v).tolist()),
        (len(rows), 0, len(rows)),
        (largest, 0.0, largest),
        (largest, flagged),
    )
    clusters = Clusters(("customer_id",), moments) if together else None
    sides = Evaluation(cells.candidate), Evaluation(cells.baseline)
    return Case(Comparison(*sides, cells.paired, clusters=clusters))


def wrong_passes(one: Clustered, runs: int, *, together: bool = True) -> float:
    """Give the share of simulated holdouts on which the gate passes at a confidence of 95%."""
    rng, gate, policy = np.random.default_rng(21), [GateSpec(one.gate, parse(one.gate))], Policy(confidence=0.95)
    found = [judge(gate, _case(one.draw(rng), together=together), policy)[0].verdict for _ in range(runs)]
    return found.count("pass") / runs


@pytest.mark.parametrize("one", CLUSTERED, ids=lambda one: one.name)
def test_rows_that_belong_together_pass_wrongly_as_seldom_as_others(one: Clustered) -> None:
    runs = 300
    assert wrong_passes(one, runs) <= MOST_WRONG + 2.5 * np.sqrt(MOST_WRONG * (1 - MOST_WRONG) / runs)


@pytest.mark.parametrize(("one", "least"), [(CLUSTERED[0], 0.15), (CLUSTERED[1], 0.25), (CLUSTERED[2], 0.1)])
def test_row_by_row_they_pass_wrongly_far_more_often(one: Clustered, least: float) -> None:
    """Which shows that the simulation finds what it looks for."""
    assert wrong_passes(one, 300, together=False) > least


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for rows, asked, true, table in TABLE:
        told = " / ".join(f"{share:.2f}" for share in rates(rows, asked, true, size))
        print(f"n = {rows:5}  confidence {asked}  true difference {true:.3f}:  {told}  (reference {table})")
    cells = sorted(((wrong_passes(one, max(size // 100, 1)), one.name) for one in CLUSTERED), reverse=True)
    for wrong, named in cells:
        print(f"{named:34} wrong passes {wrong:.4f}  (at most {MOST_WRONG})")
