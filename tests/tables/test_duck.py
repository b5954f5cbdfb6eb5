"""A database is used again: what one use leaves, the next does not find, and one that failed is used by nobody."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.tables import duck
from ml_ci.tables.duck import Database, connect


@pytest.fixture(autouse=True)
def _idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin with no database that another test used."""
    monkeypatch.setattr(duck, "_IDLE", {})
    yield
    for left in duck._idle():
        left.close()


def _is_reused(use: Callable[[Database], object]) -> bool:
    """Use a database, and tell whether the next is the same."""
    with connect() as first:
        opened = first._opened
        use(first)
    with connect() as second:
        return second._opened is opened


_ASKED = {
    "tables": "SELECT count(*) FROM duckdb_tables()",
    "views": "SELECT count(*) FROM duckdb_views() WHERE NOT internal",
    "memory": "SELECT current_setting('memory_limit')",
    "order": "SELECT current_setting('preserve_insertion_order')",
    "zone": "SELECT current_setting('TimeZone')",
    "loading": "SELECT current_setting('autoload_known_extensions')",
    "spilling": "SELECT current_setting('temp_directory') LIKE '%ml-ci-duckdb-%'",
}


def _state(database: Database) -> dict[str, object]:
    return {name: database.execute(query).fetchall() for name, query in _ASKED.items()}


def test_the_next_finds_nothing_of_the_last() -> None:
    with connect() as fresh:
        known = _state(fresh)
    with connect(64 << 20) as used:
        used.execute("CREATE TEMP TABLE held AS SELECT 1 AS x")
        used.execute("CREATE OR REPLACE TEMP VIEW seen AS SELECT 2 AS x")
        used.execute("SET preserve_insertion_order = false")
        used.execute("SET TimeZone = 'America/New_York'")
        assert _state(used) != known
    with connect() as again:
        assert again._opened is not None and _state(again) == known
        assert len(duck._idle()) == 0
    assert len(duck._idle()) == 1


def test_one_is_used_again_by_one_at_a_time() -> None:
    assert _is_reused(lambda database: database.execute("SELECT 1").fetchall())
    with connect() as one, connect() as two:
        assert one._opened is not two._opened


def _refuses(database: Database) -> None:
    with pytest.raises(UserError):
        database.execute("SELECT * FROM read_csv('/nowhere/at/all.csv')")


def _refuses_late(database: Database) -> None:
    with pytest.raises(UserError):
        database.execute("SELECT CAST(CASE WHEN range > 5 THEN 'x' ELSE '1' END AS INT) FROM range(10)").fetchall()


@pytest.mark.parametrize("fails", [_refuses, _refuses_late])
def test_one_that_failed_is_not_used_again(fails: Callable[[Database], None]) -> None:
    assert not _is_reused(fails)


def test_one_whose_user_failed_is_not_used_again() -> None:
    with pytest.raises(ZeroDivisionError), connect():
        _ = 1 / 0
    assert duck._idle() == []


def test_a_fork_neither_uses_nor_closes_what_its_parent_opened() -> None:
    with connect() as one:
        opened = one._opened
    ours = os.getpid()
    child = os.fork()
    if child == 0:  # where no thread of DuckDB is
        os._exit(0 if duck._take() is None and duck._IDLE[ours] == [opened] else 1)
    assert os.waitpid(child, 0)[1] == 0
    with connect() as again:
        assert again._opened is opened


def test_one_that_nobody_closes_is_used_again_when_it_is_collected() -> None:
    gc.collect()  # those that other tests left are not collected between
    left = connect()
    opened = left._opened
    del left
    gc.collect()
    with connect() as again:
        assert again._opened is opened


@pytest.mark.parametrize("fails", [_refuses, _refuses_late])
def test_one_that_failed_and_that_nobody_closes_is_not_used_again(fails: Callable[[Database], None]) -> None:
    left = connect()
    fails(left)
    del left
    gc.collect()
    assert duck._idle() == []


def test_what_is_collected_in_a_fork_stays_its_parents() -> None:
    left = connect()
    child = os.fork()
    if child == 0:
        left.__del__()
        os._exit(0 if left._opened is not None and duck._idle() == [] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert left.execute("SELECT 1").fetchone() == (1,)


def test_a_file_that_another_took_the_place_of_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    found = []
    for value in (1, 2):
        with connect() as database:
            database.execute(f"COPY (SELECT {value} AS x) TO {duck.literal(str(path))} (FORMAT parquet)")
            os.utime(path, ns=(10**18, 10**18))
            found += database.execute(f"SELECT x FROM {duck.parquet(path)}").fetchall()
    assert found == [(1,), (2,)]


def test_only_a_few_wait() -> None:
    many = [connect() for _ in range(duck._MOST_IDLE + 3)]
    for one in many:
        one.close()
        one.close()
    assert len(duck._idle()) == duck._MOST_IDLE
