"""A million logged rows of twenty columns against those computed again, beside the bare join that compares them."""

from __future__ import annotations

import time
from collections.abc import Callable

import duckdb
import pytest

from ml_ci.live.skew import compare
from ml_ci.live.skew_columns import Side
from ml_ci.live.skew_values import Skew, Wanted
from ml_ci.tables.duck import connect

pytestmark = pytest.mark.benchmark

ROWS = 1_000_000
NAMES = [*(f"x{n}" for n in range(14)), *(f"n{n}" for n in range(3)), *(f"s{n}" for n in range(3))]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Write both tables; of the log one column in fifty rows is in another unit, and one in single precision."""
    folder = tmp_path_factory.mktemp("skew")
    columns = [f"hash(i, {n}) / 1e19 AS x{n}" for n in range(14)]
    columns += [f"CAST(hash(i, {n}, 1) % 1000 AS BIGINT) AS n{n}" for n in range(3)]
    columns += [
        f"['red', 'green', 'blue', 'violet'][1 + CAST(hash(i, {n}, 2) % 4 AS BIGINT)] AS s{n}" for n in range(3)
    ]
    base = f"SELECT 'req-' || i AS id, i AS time, i % 100000 AS who, {', '.join(columns)} FROM range({ROWS}) AS r(i)"
    edited = "CAST(x0 AS FLOAT) AS x0, CASE WHEN time % 50 = 0 THEN x1 * 100 ELSE x1 END AS x1"
    log = f"SELECT * REPLACE ({edited}) FROM ({base}) ORDER BY hash(id)"
    for name, query in (("computed", base), ("log", log)):
        duckdb.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")
    return f"read_parquet('{folder / 'log'}.parquet')", f"read_parquet('{folder / 'computed'}.parquet')"


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_a_million_rows(tables: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    unlike = ", ".join(f"count_if(l.{name} IS DISTINCT FROM f.{name})" for name in NAMES)
    bare = f"SELECT {unlike} FROM {tables[0]} AS l JOIN {tables[1]} AS f ON l.id = f.id"

    def measure(rows: int | None) -> Skew:
        with connect() as database:
            sides = []
            for source in tables:
                found = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
                sides.append(Side(source, {name: kind for name, kind, *_ in found}, source))
            return compare(database, sides[0], sides[1], Wanted("id", "time", "who", rows=rows)).skew

    assert measure(None).mismatches == ROWS // 50
    own, few = _seconds(lambda: measure(None)), _seconds(lambda: measure(50_000))
    peer = _seconds(lambda: duckdb.execute(bare).fetchall())
    with capsys.disabled():
        print(f"\n1M rows x 20 columns: {own:.2f} s CPU, a sample of 50,000 {few:.2f}; the bare join {peer:.2f}")
    assert own <= 3 * peer
