"""Names and values of the user's are never SQL, patterns or addresses: a table is read, and nothing else is done."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_ci.changes.table_pair import TablePair
from ml_ci.errors import UserError
from ml_ci.evaluation.predictions import read
from ml_ci.evaluation.slices import read_slices
from ml_ci.spec.values import PartEntry, Positive, SliceSpec
from ml_ci.tables.columns import without
from ml_ci.tables.content import content
from ml_ci.tables.duck import connect
from ml_ci.tables.kinds import kinds
from ml_ci.tables.parts import cut
from ml_ci.tables.table import Table

HOSTILE = [
    "reg\"'); DROP TABLE t; --",
    "x'); COPY (SELECT 1) TO 'stolen.csv'; --",
    "n' OR '1'='1",
    "\"; ATTACH 'stolen.db' AS a; CREATE TABLE a.t AS SELECT 1; --",
    "(SELECT content FROM read_text('/etc/passwd'))",
    "'||(SELECT 1)||'",
    "$$; INSTALL httpfs; LOAD httpfs; $$",
    "%s ? :1 {0} {{x}} $1",
    "c0",
    "\\'; SELECT 1; --",
    "/* x */ y -- z",
]


def _write(path: Path, columns: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def _parquet(path: Path, columns: list[str], rows: list[list[str]]) -> Path:
    pq.write_table(pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True))), path)
    return path


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder: what an injected query writes would lie there."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_column_and_as_a_value(tmp_path: Path, empty: Path, text: str, kind: str) -> None:
    rows = [[str(row), text if row % 2 else "plain", "yes" if row % 3 else "no"] for row in range(12)]
    path = (_write if kind == "csv" else _parquet)(tmp_path / f"t.{kind}", ["id", text, "y"], rows)
    table = Table.open(path, shown="t")
    assert table.names == ("id", text.strip(), "y")
    assert table.counts(text) == {"plain": 6, text: 6}
    assert set(read_slices(table, SliceSpec((text,))).values) == {"plain", text}
    assert content(table).rows == 12
    assert list(kinds(path, None, "t")) == ["id", text, "y"]
    with pytest.raises(UserError):
        table.numbers(text)
    with TablePair(table, Table.open(path, shown="t")) as pair:
        assert pair.count_edited("id") == (0, 0, 0)
        assert pair.drift(text) is not None
    part = PartEntry("train", where=(text, (text,)))
    assert cut(path, part, tmp_path / "rest", tmp_path / "part", shown="t", blank=text).part == 6
    without(path, text, tmp_path / "without", shown="t")
    assert Table.open(tmp_path / "without").names == ("id", "y")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_prediction_and_as_a_label(tmp_path: Path, empty: Path, text: str) -> None:
    holdout = Table.open(_write(tmp_path / "h.csv", ["id", "y"], [[str(n), text if n % 2 else "no"] for n in range(8)]))
    given = _write(tmp_path / "p.csv", ["id", "prediction"], [[str(n), text] for n in reversed(range(8))])
    found = read(given, holdout, "y", Positive((text,)), id="id")
    assert found.decision.tolist() == [True] * 8
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["?x'); SELECT 1; --.csv", "a*b.csv", "[x].csv", "a=1.csv", "s3:x.csv", "x.csv.gz", "-o.csv", "ü ' \".csv"]
)
def test_as_a_file_name(tmp_path: Path, empty: Path, name: str) -> None:
    (tmp_path / "aXb.csv").write_text("id\n9\n")
    (tmp_path / "x.csv").write_text("id\n9\n")
    path = _write(tmp_path / name, ["id", "y"], [["1", "a"]])
    assert Table.open(path).text("id").tolist() == ["1"]
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("address", ["https://127.0.0.1:9/x.csv", "s3://bucket/x.csv", "http://127.0.0.1:9/*.parquet"])
def test_an_address_is_a_path_that_is_not_there(empty: Path, address: str) -> None:
    with pytest.raises(UserError, match="does not exist"):
        Table.open(Path(address))


def test_nothing_is_loaded_into_duckdb_by_a_query() -> None:
    with connect() as connection:
        connection.execute("SELECT current_setting('autoload_known_extensions')")
        assert connection.fetchone() == (False,)
        connection.execute("SELECT current_setting('autoinstall_known_extensions')")
        assert connection.fetchone() == (False,)
        with pytest.raises(UserError):
            connection.execute("SELECT * FROM read_text('https://127.0.0.1:9/x')").fetchall()
        connection.execute("SELECT count(*) FROM duckdb_extensions() WHERE loaded AND extension_name = 'httpfs'")
        assert connection.fetchone() == (0,)
