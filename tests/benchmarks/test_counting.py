"""Counting at speed: beside what others do on the same arrays, and on more rows than memory should hold."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from ml_ci.evaluation.count import Counts, count
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.moments import count_clusters
from ml_ci.evaluation.slices import Slices

ROWS = 1_000_000
SIZES = (2, 3, 5, 6, 8, 4, 4, 3, 2, 10)
BUDGET = 0.010
SLACK = 3  # the budget is meant for an idle machine; the tests share theirs

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def arrays() -> tuple[Any, Any, Any, list[Slices]]:
    random = np.random.default_rng(0)
    y, c, b = (random.random(ROWS) < share for share in (0.3, 0.32, 0.29))
    slices = [
        Slices(f"s{place}", random.integers(0, size, ROWS).astype(np.uint8), tuple(map(str, range(size))))
        for place, size in enumerate(SIZES)
    ]
    return y, c, b, slices


def _seconds(work: Callable[[], object], times: int) -> float:
    """Give the least CPU time of several, after one to warm up."""
    work()
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def _theirs(name: str, once: float, calls: int, ours: float) -> float:
    """Print the ratio; `once` is one call, and the same work takes `calls` of them. Give the whole."""
    whole = once * calls
    print(f"\n{name}: {1e3 * once:,.0f} ms CPU a call, {calls} calls, {whole / ours:,.0f} times ours")
    return whole


@pytest.fixture(scope="module")
def ours(arrays: tuple[Any, Any, Any, list[Slices]]) -> float:
    return _seconds(lambda: count(*arrays), 15)


def test_two_models_ten_slices_a_million_rows(ours: float) -> None:
    print(f"\nours: {1e3 * ours:.1f} ms CPU (budget {1e3 * BUDGET:.0f})")
    assert ours <= SLACK * BUDGET


CLUSTERS = 100_000
# What slices are, and how many budgets without clusters they may take: ten columns that differ from row to row of a
# cluster need a table of clusters for each value, where the others share one.
TIMES = {"ten of one column": 3, "facts of the cluster": 6, "of each row": 7}


@pytest.mark.parametrize("slices_are", TIMES)
def test_clusters_of_two_models_ten_slices_a_million_rows(
    arrays: tuple[Any, Any, Any, list[Slices]], slices_are: str
) -> None:
    y, c, b, slices = arrays
    random = np.random.default_rng(1)
    codes = random.integers(0, CLUSTERS, ROWS)
    if slices_are == "facts of the cluster":
        facts = [random.integers(0, len(one.values), CLUSTERS).astype(np.uint8) for one in slices]
        slices = [replace(one, codes=own[codes]) for one, own in zip(slices, facts, strict=True)]
    if slices_are == "ten of one column":
        slices = [one for one in slices if len(one.values) == max(SIZES)]
    grouping = Grouping(("customer",), codes=codes, number=CLUSTERS)

    def both() -> None:
        count_clusters(grouping, count(y, c, b, slices), y, c, b, slices)

    taken = _seconds(both, 7)
    print(f"\n{CLUSTERS:,} clusters, slices {slices_are}: {1e3 * taken:.1f} ms CPU ({taken / BUDGET:.1f} budgets)")
    assert taken <= SLACK * TIMES[slices_are] * BUDGET


def test_beside_scikit_learn(arrays: tuple[Any, Any, Any, list[Slices]], ours: float) -> None:
    y, c, b, slices = arrays
    one = slices[2]

    def per_group() -> dict[str, Any]:
        groups = {value: one.codes == place for place, value in enumerate(one.values)}
        return {value: confusion_matrix(y[inside], c[inside]) for value, inside in groups.items()}

    theirs = _theirs("scikit-learn's confusion_matrix per group", _seconds(per_group, 1), 2 * len(slices), ours)
    assert theirs >= 10 * ours
    found = _slice(count(y, c, b, slices), one.name)
    for value, matrix in per_group().items():
        cells = found[value].candidate
        assert matrix.ravel().tolist() == [cells.tn, cells.fp, cells.fn, cells.tp]


def _slice(counts: Counts, name: str) -> Any:
    return counts.slices[name]


def test_beside_fairlearn(arrays: tuple[Any, Any, Any, list[Slices]], ours: float) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics", reason="Fairlearn is not installed")
    y, c, _, slices = arrays
    one = slices[2]
    metrics = {"fpr": fairlearn.false_positive_rate, "fnr": fairlearn.false_negative_rate}

    def frame() -> Any:
        return fairlearn.MetricFrame(metrics=metrics, y_true=y, y_pred=c, sensitive_features=one.codes).by_group

    theirs = _theirs("Fairlearn's MetricFrame", _seconds(frame, 1), 2 * len(slices), ours)
    assert theirs >= 10 * ours


def test_beside_mlflow(arrays: tuple[Any, Any, Any, list[Slices]], ours: float, tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="MLflow is not installed")
    models = importlib.import_module("mlflow.models")
    mlflow = importlib.import_module("mlflow")
    pandas = importlib.import_module("pandas")
    y, c, _, _ = arrays
    frame = pandas.DataFrame({"y": y.astype(int), "c": c.astype(int)})
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")

    def evaluation() -> Any:
        config = {"log_model_explainability": False}
        return models.evaluate(
            data=frame, targets="y", predictions="c", model_type="classifier", evaluator_config=config
        )

    start = time.process_time()
    evaluation()
    theirs = _theirs("MLflow's evaluation", time.process_time() - start, 2, ours)  # of all rows only: it has no slices
    assert theirs >= 10 * ours


STREAM = """
import json, re, resource, sys, time
from pathlib import Path
from ml_ci.evaluation.stream import stream
from ml_ci.spec.values import Positive, SliceSpec
from ml_ci.tables.table import Table

folder = Path(sys.argv[1])
specs = [SliceSpec(("region",)), SliceSpec(("sex", "region")), SliceSpec(("age",), (30, 50))]
start = time.perf_counter()
counts = stream(
    Table.open(folder / sys.argv[2]), "label", Positive((1,)), specs, folder / "c.parquet", folder / "b.parquet"
)
seconds = time.perf_counter() - start
try:  # of this program alone: what `getrusage` tells goes on from the process that started it, however large that is
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
slices = {name: {value: cells.n for value, cells in values.items()} for name, values in counts.slices.items()}
print(json.dumps({"all": counts.all.n, "slices": slices, "peak": peak, "seconds": seconds}))
"""


def _make(folder: Path, rows: int, parts: int) -> None:
    """Write a holdout, in so many parts, and two models' predictions of which every count is known."""
    row = f"range({rows}) t(i)"
    columns = (
        "(i % 10 < 3)::INTEGER AS label, ['EU', 'US', 'AS', NULL][1 + i % 4] AS region, "
        "['f', 'm'][1 + i % 2] AS sex, 20 + i % 40 AS age"
    )
    with duckdb.connect() as connection:
        for part in range(parts):
            own = f"range({part * rows // parts}, {(part + 1) * rows // parts}) t(i)"
            at = f"{folder}/h.parquet" if parts == 1 else f"{folder}/parts/{part:03}.parquet"
            connection.execute(f"COPY (SELECT {columns} FROM {own}) TO '{at}' (FORMAT parquet)")
        for name, decision in (("c", "i % 5 < 2"), ("b", "i % 20 < 6")):
            query = f"SELECT {decision} AS decision, 'label' AS kind FROM {row}"
            connection.execute(f"COPY ({query}) TO '{folder}/{name}.parquet' (FORMAT parquet)")


def _expected(rows: int) -> list[int]:
    """Count one period of 20 rows, and multiply."""
    period = [0] * 8
    for i in range(20):
        period[4 * (i % 10 < 3) + 2 * (i % 5 < 2) + (i % 20 < 6)] += 1
    return [rows // 20 * number for number in period]


MEMORY = 400 * 2**20  # unlike time it is the same on a busy machine


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 16, 200])
def test_a_hundred_million_rows_within_400_mib(tmp_path: Path, parts: int) -> None:
    rows = int(os.environ.get("ML_CI_BENCHMARK_LARGE_ROWS", "100000000"))
    (tmp_path / "parts").mkdir()
    _make(tmp_path, rows, parts)
    holdout = "h.parquet" if parts == 1 else "parts"
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(tmp_path), holdout],
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    peak = f"{found['peak'] / 2**20:,.0f} MiB (budget {MEMORY / 2**20:.0f})"
    print(f"\n{rows:,} rows in {parts} parts: {found['seconds']:.1f} s, {peak}")
    assert found["all"] == _expected(rows)
    for values in found["slices"].values():
        assert [sum(column) for column in zip(*values.values(), strict=True)] == found["all"]
    assert set(found["slices"]["region"]) == {"EU", "US", "AS", "(missing)"}
    assert found["peak"] <= MEMORY
