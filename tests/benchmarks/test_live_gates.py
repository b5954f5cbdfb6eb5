"""Judging a year of live windows: CPU time, beside reading each window once in Python."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from ml_ci.gates.live.windows import judge_windows
from ml_ci.live.values import Bins, Window
from tests.gates.live.made import model, watched, window

pytestmark = pytest.mark.benchmark

GATES = [
    "fpr <= 0.15",
    "fnr <= 0.15",
    "recall >= 0.8",
    "precision >= 0.8",
    "npv >= 0.8",
    "accuracy >= 0.8",
    "fpr <= holdout.fpr + 0.1",
    "fnr <= holdout.fnr + 0.1",
    "tnr >= 0.8",
    "selection_rate <= 0.7",
]


def _fastest(call: Callable[[], object], times: int = 7) -> float:
    call()
    taken = []
    for _ in range(times):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return min(taken)


def _windows(columns: int) -> list[Window]:
    rng = np.random.default_rng(0)
    bins = {f"c{at}": (10,) * 11 for at in range(columns)}
    return [window(at, int(rng.binomial(100, 0.1)), int(rng.binomial(100, 0.1)), columns=bins) for at in range(365)]


@pytest.mark.parametrize("dependent", [True, False])
def test_a_year_of_days_by_ten_gates(dependent: bool) -> None:
    spec, year = model(*GATES, dependent=dependent), watched(_windows(0))
    assert {one.verdict for one in judge_windows(spec, year).gates} <= {"pass", "fail"}
    taken = _fastest(lambda: judge_windows(spec, year))
    bins = {f"c{at}": Bins("number", (100,) * 11, tuple(map(float, range(9)))) for at in range(20)}
    wide = watched(_windows(20), bins)
    drift = _fastest(lambda: judge_windows(spec, wide), 3) - taken
    read = _fastest(lambda: [(one.counts.fpr, one.counts.fnr) for one in year.windows for _ in GATES])
    print(
        f"\n365 windows x 10 gates: {1000 * taken:.0f} ms (budget 100), drift of 20 columns {1000 * drift:.0f} ms more"
    )
    print(f"the rates of each window and gate alone: {1000 * read:.1f} ms")
    assert taken < 60 * read
