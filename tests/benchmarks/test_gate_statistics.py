"""A gate's statistics beside the same answers from scipy and statsmodels; ratios, never seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from ml_ci.conditions import parse
from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.statistics import limits, paired
from ml_ci.spec.values import GateSpec

pytestmark = pytest.mark.benchmark

GATES = 200


def _fastest(call: Callable[[], object], times: int = 7) -> float:
    call()
    taken = []
    for _ in range(times):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return max(min(taken), 1e-9)


def _tango(b: int, c: int, n: int, m: float) -> float:
    quadratic = (2 * n, -b - c + (2 * n - b + c) * m, -c * m * (1 - m))
    q = (math.sqrt(quadratic[1] ** 2 - 4 * quadratic[0] * quadratic[2]) - quadratic[1]) / (2 * quadratic[0])
    return (b - c - n * m) / math.sqrt(n * (2 * q + m * (1 - m)))


def _by_scipy(b: int, c: int, n: int, m: float) -> tuple[float, float, float, float]:
    """What one writes with scipy.stats: two roots and two tails."""
    z, measured = norm.isf(0.05), (b - c) / n
    high = brentq(lambda x: _tango(b, c, n, x) + z, measured, 0.999, xtol=1e-11)
    low = brentq(lambda x: _tango(b, c, n, x) - z, -0.999, measured, xtol=1e-11)
    score = _tango(b, c, n, m)
    return low, high, norm.cdf(score), norm.sf(score)


def test_paired_differences() -> None:
    draw = np.random.default_rng(0)
    b, c = draw.integers(5, 60, GATES), draw.integers(5, 60, GATES)
    ours = _fastest(lambda: paired.differences_at_most(b, c, 2000, 0.01, 0.05))
    one = _fastest(lambda: [paired.difference_at_most(20, 20, 2000, 0.01, 0.05) for _ in range(20)]) / 20
    theirs = _fastest(lambda: [_by_scipy(int(x), int(y), 2000, 0.01) for x, y in zip(b, c, strict=True)], 3)
    print(f"\nscore test, {GATES} gates at once: scipy takes {theirs / ours:.1f} times as long")
    print(f"score test, one gate: scipy takes {theirs / GATES / one:.2f} times as long ({one * 1000:.2f} ms)")
    assert theirs / ours > 1.5
    assert theirs / GATES / one > 1
    assert paired.difference_at_most(20, 20, 2000, 0.01, 0.05).interval == pytest.approx(
        _by_scipy(20, 20, 2000, 0.01)[:2], abs=1e-9
    )


def test_limits() -> None:
    errors = np.random.default_rng(0).integers(0, 60, GATES)
    ours = _fastest(lambda: limits.rates_at_most(errors, 1000, 0.03, 0.05))
    theirs = _fastest(lambda: [proportion_confint(int(x), 1000, 0.1, "beta") for x in errors], 3)
    print(f"\nlimits, {GATES} gates at once: statsmodels takes {theirs / ours:.1f} times as long")
    assert theirs / ours > 2


def test_a_gate_beside_a_training_job_is_nothing() -> None:
    """Every method, one gate, in units of one numpy sort of a million numbers."""
    column = np.random.default_rng(0).random(1_000_000)
    sort = _fastest(lambda: np.sort(column), 3)
    for method in ("score", "exact", "anytime"):
        one = _fastest(lambda method=method: paired.difference_at_most(4, 4, 500, 0.01, 0.05, method))  # type: ignore[misc]
        print(f"\n{method}: {one / sort:.4f} sorts of a million numbers ({one * 1000:.2f} ms)")
        assert one / sort < 0.5


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("each(fpr, by=g) <= 0.05", 10), ("each(fnr, by=g) <= baseline.fnr", 10)]
)
def test_a_gate_over_a_hundred_slices(text: str, milliseconds: float) -> None:
    """In units of one slice's gate: a hundred take less than a quarter of a hundred calls."""
    cells = {
        f"s{at}": Paired(PairedErrors(3, 4 + at % 5, 3, 500 + at), PairedErrors(9, 6, 4, 200)) for at in range(100)
    }
    gate = [GateSpec(text, parse(text))]
    whole = _fastest(lambda: judge(gate, _sliced(cells), Policy(0.95)))
    one = _fastest(lambda: judge(gate, _sliced({"s0": cells["s0"]}), Policy(0.95)))
    print(f"\n{text}: 100 slices {1000 * whole:.1f} ms (budget {milliseconds}), one {1000 * one:.2f} ms")
    assert whole < 0.4 * 100 * one


def _sliced(cells: dict[str, Paired]) -> Case:
    sides = []
    for baseline in (False, True):
        counts = {name: _confusion(one, baseline) for name, one in cells.items()}
        sides.append(Evaluation(sum(counts.values(), Confusion()), {"g": counts}))
    return Case(Comparison(sides[0], sides[1], Paired(), {"g": cells}))


def _confusion(paired: Paired, baseline: bool) -> Confusion:
    fp, fn = (
        one.both + (one.baseline_only if baseline else one.candidate_only)
        for one in (paired.negatives, paired.positives)
    )
    return Confusion(tp=paired.positives.rows - fn, fp=fp, tn=paired.negatives.rows - fp, fn=fn)


@pytest.mark.parametrize("text", ["fpr <= 0.05", "fpr <= baseline.fpr + 0.01", "precision >= 0.5", "accuracy >= 0.5"])
def test_a_gate_on_clusters(text: str) -> None:
    """In units of the same gate on independent rows: its design effect costs less than what it is judged by."""
    cells = {"s0": Paired(PairedErrors(3, 7, 4, 2000), PairedErrors(9, 6, 4, 900))}
    case, gate = _sliced(cells), [GateSpec(text, parse(text))]
    paired = replace(case, comparison=replace(case.comparison, paired=cells["s0"]))
    rows = _fastest(lambda: judge(gate, paired, Policy(0.95)))
    clustered = replace(paired, comparison=replace(paired.comparison, clusters=_clusters(cells["s0"])))
    whole = _fastest(lambda: judge(gate, clustered, Policy(0.95)))
    print(f"\n{text}: {1000 * whole:.2f} ms with clusters (budget 1), {1000 * rows:.2f} ms without")
    assert judge(gate, clustered, Policy(0.95))[0].design_effect is not None
    assert whole < 6 * rows


def _clusters(paired: Paired) -> Clusters:
    """Give moments of clusters of five rows, alike."""
    n, p = paired.negatives, paired.positives
    rows = (n.neither, n.baseline_only, n.candidate_only, n.both, p.both, p.candidate_only, p.baseline_only, p.neither)
    products = np.diag(5.0 * np.array(rows)).tolist()
    number = (sum(rows[:4]) // 5, sum(rows[4:]) // 5, sum(rows) // 5)
    moments = Moments(rows, tuple(map(float, rows)), tuple(map(tuple, products)), number, (5.0, 5.0, 5.0), (5.0, 5.0))
    return Clusters(("customer_id",), moments)
