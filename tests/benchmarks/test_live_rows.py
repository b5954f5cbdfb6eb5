"""A look at a million live predictions with late labels, in a process of its own: CPU time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROWS, COLUMNS = 1_000_000, 20
BUDGET = 3.0
SLACK = 3  # the budget is meant for an idle machine; the tests share theirs

pytestmark = pytest.mark.benchmark

LOOK = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.bins import read_reference
from ml_ci.live.values import Champion
from ml_ci.live.watching import watch_rows
from ml_ci.spec.load import load
from ml_ci.tables.table import Table

def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

folder = Path(sys.argv[1])
model = load((folder / "ml-ci.yaml").read_text(), "ml-ci.yaml").models["churn"]
champion = Champion("churn", "7", "2026-01-01T00:00:00Z", "a" * 40, 0.5, Confusion(100, 10, 800, 90))
reference = read_reference(model, Table.open(folder / "holdout.parquet"), None, champion.holdout)
before = seconds()
found = watch_rows(model, champion, reference, folder, datetime(2026, 9, 1, tzinfo=UTC), (), {})
print(json.dumps({
    "seconds": seconds() - before,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "rows": sum(one.rows for one in found.windows),
    "labelled": sum(one.counts.rows for one in found.windows),
    "columns": len(found.windows[0].columns),
}))
"""
SPEC = """\
version: 1
models:
  churn:
    train: churn.train:train
    data: {train: train.parquet, holdout: holdout.parquet}
    label: churned
    positive: 1
    live: {predictions: live.parquet, labels: outcomes.parquet, id: request, time: at, version: version, delay: 2d}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    (folder / "ml-ci.yaml").write_text(SPEC)
    features = ", ".join(f"random() * {place + 1} AS x{place}" for place in range(COLUMNS - 2))
    features += ", chr(97 + CAST(floor(random() * 5) AS INTEGER)) AS region, CAST(random() * 90 AS INTEGER) AS age"
    at = "TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * INTERVAL 15 SECOND"
    asked = (
        f"'request-' || lpad(CAST(i AS VARCHAR), 9, '0') AS request, {at} AS \"at\", '7' AS version, random() AS score"
    )
    row = f"SELECT {asked}, {features} FROM range({ROWS}) r(i)"
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(f"CREATE TABLE live AS {row}")
        connection.execute(f"COPY live TO '{folder / 'live.parquet'}'")
        labels = "SELECT request, CAST(random() < 0.3 AS INTEGER) AS churned FROM live WHERE random() < 0.9"
        connection.execute(f"COPY ({labels} ORDER BY random()) TO '{folder / 'outcomes.parquet'}'")
        kept = 'SELECT * EXCLUDE (request, "at", version, score), 1 AS churned FROM live LIMIT 5000'
        connection.execute(f"COPY ({kept}) TO '{folder / 'holdout.parquet'}'")
    return folder


def test_a_million_predictions_with_labels_and_twenty_columns(folder: Path) -> None:
    looks = []
    for _ in range(3):
        command = (sys.executable, "-c", LOOK, str(folder))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        looks.append(json.loads(done.stdout))
    best = min(looks, key=lambda look: float(look["seconds"]))
    print(f"\n1M live predictions: {best['seconds']:.2f} s CPU of {BUDGET} s, {best['memory']:,.0f} MiB")
    assert best["rows"] == ROWS
    assert 0.89 * ROWS < best["labelled"] < 0.91 * ROWS
    assert best["columns"] == COLUMNS
    assert best["seconds"] <= SLACK * BUDGET
