"""How often wrong models would pass by the counts of folds, whose models share training rows; by the real gate code.

Models really learn here: each fold is scored by one that was fitted to the others. Every pass is a wrong one, since the
gate's margin is the true difference itself, of three things that one may want to know of:

- the procedure: the mean over many training tables of n (1 - 1/k) rows, which is what a change of a job changes;
- these folds' models: the mean of the k rates that they have on new rows;
- the model that is promoted: that of all rows.

`python tests/gates/test_folds_simulation.py 2000` prints the table at full size. It is why folds prove nothing: the
procedure's worst cells are far beyond .065, so that no gate passes by folds with a confidence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.spec.values import GateSpec

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = tuple[int, ...]
# Fit to rows and labels: weights and an offset, by which a row is positive where their sum is above 0.
Learner = Callable[[Floats, Bools], tuple[Floats, float]]

FOLDS = 5
MOST = 0.065
WIDTH = 30
MEANS = (1.2, 0.3, 0.3, 0.3)  # how far apart the two classes are in the first columns; in the others they are alike


def nearest_mean(x: Floats, y: Bools) -> tuple[Floats, float]:
    """Take the class whose mean is nearer."""
    low, high = x[~y].mean(0), x[y].mean(0)
    return high - low, float(-(high - low) @ (low + high) / 2)


def logistic(x: Floats, y: Bools, penalty: float = 1.0) -> tuple[Floats, float]:
    """Fit a logistic regression with a ridge, by Newton's method."""
    rows = np.c_[x, np.ones(len(y))]
    ridge = penalty * np.eye(rows.shape[1])
    ridge[-1, -1] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(8):
        p = expit(rows @ weights)
        bent = (rows * (p * (1 - p))[:, None]).T @ rows + ridge
        weights = weights - np.linalg.solve(bent, rows.T @ (p - y) + ridge @ weights)
    return weights[:-1], float(weights[-1])


def strict_logistic(x: Floats, y: Bools) -> tuple[Floats, float]:
    """Fit a logistic regression that is held near zero: the same job with another regulariser."""
    return logistic(x, y, 100.0)


def stump(x: Floats, y: Bools) -> tuple[Floats, float]:
    """Cut the one column, and there, where it errs least: it jumps where two columns are nearly as good."""
    best = (len(y) + 1.0, 0, 0.0)
    for column in range(x.shape[1]):
        order = np.argsort(x[:, column])
        wrong = np.cumsum(y[order]) + (~y).sum() - np.cumsum(~y[order])
        place = int(wrong.argmin())
        best = min(best, (float(wrong[place]), column, float(x[order[place], column])))
    return np.eye(x.shape[1])[best[1]], -best[2]


@dataclass(frozen=True)
class Cell:
    """A job, and the same job with other columns or another regulariser, on tables of `rows`."""

    name: str
    rows: int
    baseline: tuple[Learner, Columns]
    candidate: tuple[Learner, Columns]
    positives: float = 0.5


@dataclass(frozen=True)
class Drawn:
    """What came out of many tables: only-candidate and only-baseline errors of so many negatives, and the truth.

    `folds` and `whole` are true differences of false positive rates, by table: of the folds' models, of all rows'.
    """

    b: NDArray[np.int64]
    c: NDArray[np.int64]
    negatives: NDArray[np.int64]
    folds: Floats
    whole: Floats


def false_positives(rule: tuple[Floats, float]) -> float:
    """Give a rule's true rate: negatives are independent standard normals."""
    weights, offset = rule
    return float(ndtr(offset / np.linalg.norm(weights)))


def simulate(cell: Cell, tables: int, seed: int = 7) -> Drawn:
    """Cut each table in folds, score each fold by what was fitted to the others, and pool the counts."""
    random = np.random.default_rng(seed)
    counts, folds, whole = np.zeros((tables, 3), np.int64), np.zeros((tables, 2)), np.zeros((tables, 2))
    for table in range(tables):
        y = random.random(cell.rows) < cell.positives
        x = random.normal(size=(cell.rows, WIDTH))
        x[:, : len(MEANS)] += np.outer(y, MEANS)
        fold, wrong = random.integers(0, FOLDS, cell.rows), np.zeros((2, cell.rows), np.bool_)
        for side, (learn, columns) in enumerate((cell.baseline, cell.candidate)):
            seen = x[:, columns]
            whole[table, side] = false_positives(learn(seen, y))
            for own in (fold == one for one in range(FOLDS)):
                rule = learn(seen[~own], y[~own])
                wrong[side, own] = seen[own] @ rule[0] + rule[1] > 0
                folds[table, side] += false_positives(rule) * (own & ~y).sum() / (~y).sum()
        of = wrong[:, ~y]
        counts[table] = ((of[1] & ~of[0]).sum(), (of[0] & ~of[1]).sum(), of.shape[1])
    return Drawn(*counts.T, folds[:, 1] - folds[:, 0], whole[:, 1] - whole[:, 0])


@cache
def gate(margin: float) -> GateSpec:
    text = f"fpr <= baseline.fpr {'+' if margin >= 0 else '-'} {abs(margin):.4f}"
    return GateSpec(text, parse(text))


@cache
def verdict(b: int, c: int, n: int, margin: float, folds: int) -> str:
    sides = [Evaluation(Confusion(tp=10, fn=10, fp=wrong, tn=n - wrong)) for wrong in (b, c)]
    comparison = Comparison(sides[0], sides[1], Paired(PairedErrors(0, b, c, n - b - c)))
    return judge([gate(margin)], Case(comparison, folds=folds), Policy(confidence=0.95))[0].verdict


def wrong_passes(drawn: Drawn, true: Floats, folds: int = 0) -> float:
    """Give how often the gate passes whose margin is the true difference; with `folds` as it is shipped."""
    counts = zip(drawn.b.tolist(), drawn.c.tolist(), drawn.negatives.tolist(), true.round(4).tolist(), strict=True)
    found = [verdict(*one, folds) for one in counts]
    return found.count("pass") / len(found)


def of_procedure(drawn: Drawn) -> Floats:
    return np.full(len(drawn.b), drawn.folds.mean())


def cells(sizes: Sequence[int]) -> Iterator[Cell]:
    four, three, noisy = (0, 1, 2, 3), (0, 1, 2), tuple(range(WIDTH))
    for rows in sizes:
        for name, learn in (("nearest mean", nearest_mean), ("logistic", logistic), ("stump", stump)):
            yield Cell(f"{name}: a column less", rows, (learn, four), (learn, three))
            yield Cell(f"{name}: other columns", rows, (learn, (0,)), (learn, (1, 2, 3)))
            yield Cell(f"{name}: other columns, 20%", rows, (learn, (0,)), (learn, (1, 2, 3)), 0.2)
        for name, learn in (("nearest mean", nearest_mean), ("logistic", logistic)):
            yield Cell(f"{name}: 26 columns of noise", rows, (learn, four), (learn, noisy))
        yield Cell("logistic: regulariser", rows, (logistic, four), (strict_logistic, four))
        yield Cell("logistic with noise: regulariser", rows, (logistic, noisy), (strict_logistic, noisy))


BAD = (
    Cell("logistic: regulariser", 300, (logistic, tuple(range(WIDTH))), (strict_logistic, tuple(range(WIDTH)))),
    Cell("stump: other columns", 300, (stump, (0,)), (stump, (1, 2, 3))),
)


@pytest.mark.parametrize("cell", BAD, ids=lambda cell: cell.name)
def test_wrong_passes_by_folds(cell: Cell) -> None:
    drawn = simulate(cell, 150)
    true = of_procedure(drawn)
    # As a holdout of one model is judged, far too many: that is why a gate with a confidence is inconclusive.
    assert wrong_passes(drawn, true) > 2 * MOST
    assert wrong_passes(drawn, true, folds=FOLDS) <= MOST


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{'':6} {'':34} {'procedure':>10} {'folds':>10} {'all rows':>10} {'shipped':>10}   wrong passes at .05")
    for cell in cells((200, 500, 1000)):
        found = simulate(cell, size)
        shares = [wrong_passes(found, true) for true in (of_procedure(found), found.folds, found.whole)]
        shares.append(wrong_passes(found, of_procedure(found), folds=FOLDS))
        print(f"{cell.rows:6} {cell.name:34} " + " ".join(f"{share:10.4f}" for share in shares), flush=True)
