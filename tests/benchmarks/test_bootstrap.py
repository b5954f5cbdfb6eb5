"""The bootstrap of score metrics beside a loop over scikit-learn on the same rows; ratios, never seconds."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ml_ci.gates.statistics import bootstrap

pytestmark = pytest.mark.benchmark

ROWS, REPLICATES, LOOPED = 100_000, 2_000, 40


@pytest.mark.parametrize(
    ("name", "theirs", "least"), [("auc", roc_auc_score, 3.0), ("average_precision", average_precision_score, 2.0)]
)
def test_against_a_loop(name: str, theirs: object, least: float) -> None:
    generator = np.random.default_rng(0)
    y_true = generator.random(ROWS) < 0.3
    score = 1 / (1 + np.exp(-(generator.normal(size=ROWS) + 1.2 * y_true - 0.8)))
    start = time.process_time()
    found = bootstrap.of_scores(y_true, score, name, replicates=REPLICATES)
    ours = time.process_time() - start
    start = time.process_time()
    looped = []
    for _ in range(LOOPED):
        rows = generator.integers(0, ROWS, ROWS)
        looped.append(theirs(y_true[rows], score[rows]))  # type: ignore[operator]
    loop = (time.process_time() - start) * REPLICATES / LOOPED
    print(f"\n{name}, {REPLICATES:,} × {ROWS:,} rows: {ours:.1f} s; the loop takes {loop / ours:.1f} times as long")
    assert loop / ours > least
    assert found.values.std() == pytest.approx(np.std(looped), rel=0.5)


def test_ten_million_rows_cost_no_more_than_the_sort_and_the_bag() -> None:
    generator = np.random.default_rng(0)
    y_true = generator.random(10_000_000) < 0.02
    score = generator.random(10_000_000).astype(np.float64) * 0.8 + 0.2 * y_true
    start = time.process_time()
    roc_auc_score(y_true, score)
    one = time.process_time() - start
    start = time.process_time()
    found = bootstrap.of_scores(y_true, score, "auc", replicates=200)
    ours = time.process_time() - start
    print(f"\n10,000,000 rows, 200 replicates: {ours / one:.1f} times one roc_auc_score")
    assert ours / one < 40
    assert 0 < found.values.std() < 0.01
