"""What no path, machine or quoted line end may change of how a table is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.columns import without
from ml_ci.tables.duck import connect
from ml_ci.tables.parts import cut
from ml_ci.tables.table import Table


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('0.9,"x\r\ny",1\n', "x\r\ny"),
        ('0.9,"x\ry",1\n', "x\ry"),
        ('0.9,"x\ny",1\r\n', "x\ny"),
        ('0.9,"x\r\n\r\ny",1\r\n', "x\r\n\r\ny"),
        ('0.9,"\rx\ny\r\nz",1\n', "x\ny\r\nz"),  # white space around a value is none of it
        ('0.9,"x""\r\n""y",1\n', 'x"\r\n"y'),
    ],
)
def test_line_ends_inside_of_quotes_are_part_of_the_value(text: str, read: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(("a,text,y\n" + text * 3).encode())
    table = Table.open(file)
    assert table.text("text").tolist() == [read] * 3
    assert table.text("y").tolist() == ["1"] * 3


ODD = {
    "year": [5, 6, 7],
    "label": ["a", "b", "c"],
    "filename": ["x", "y", "z"],
    "file_row_number": [9, 9, 9],
    "rowid": [3, 2, 1],
    "belongs": [True, False, True],
    "A": [1, 2, 3],
    "a": [4, 5, 6],
    'qu"oted': [None, 1.5, 2.5],
}


@pytest.mark.parametrize("folder", ["plain", "year=2024", "label=linux", "a=1/A=2", "x [1]*?", "it's"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_path_adds_no_column_and_replaces_none(folder: str, kind: str, tmp_path: Path) -> None:
    at = tmp_path / folder
    at.mkdir(parents=True)
    file = at / f"t.{kind}"
    if kind == "csv":
        rows = [
            ",".join("" if value is None else str(value) for value in row) for row in zip(*ODD.values(), strict=True)
        ]
        file.write_text("\n".join([",".join(ODD).replace('qu"oted', '"qu""oted"'), *rows]) + "\n")
    else:
        pq.write_table(pa.table(ODD), file)
    table = Table.open(file)
    assert table.names == tuple(ODD)
    assert table.text("year").tolist() == ["5", "6", "7"]
    assert table.text("A").tolist() == ["1", "2", "3"]
    cut(file, PartEntry("t", where=("year", (6,))), at / f"rest.{kind}", at / f"part.{kind}", blank="label")
    assert Table.open(at / f"part.{kind}").text("a").tolist() == ["5"]
    without(file, "label", at / f"rows.{kind}")
    assert Table.open(at / f"rows.{kind}").names == tuple(name for name in ODD if name != "label")


def test_moments_are_written_in_utc_wherever_the_machine_is(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"at": pa.array([0, 10**9], pa.timestamp("ms", "America/New_York"))}), file)
    code = (
        "from ml_ci.tables.table import Table; from pathlib import Path; "
        f"print(Table.open(Path({str(file)!r})).text('at'))"
    )
    said = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "TZ": zone}, capture_output=True).stdout
        for zone in ("UTC", "Asia/Tokyo", "America/New_York")
    }
    assert said == {b"['1970-01-01 00:00:00+00' '1970-01-12 13:46:40+00']\n"}


def test_a_text_that_is_called_like_a_packed_one_is_text(tmp_path: Path) -> None:
    for name in ("t.csv.gz", "t.csv.zst", "t.gz"):
        (tmp_path / name).write_text("a,b\n1,x\n2,y\n")
        assert Table.open(tmp_path / name).text("b").tolist() == ["x", "y"]


def test_what_duckdb_raises_of_a_table_is_the_users_error(tmp_path: Path) -> None:
    file = tmp_path / "cut.parquet"
    rows = "SELECT range AS a, repeat('x', 50) || range AS b FROM range(9000)"
    duckdb.execute(f"COPY ({rows}) TO '{file}' (COMPRESSION zstd)")
    whole = bytearray(file.read_bytes())
    whole[4:-2000] = b"\xff" * (len(whole) - 2004)
    file.write_bytes(whole)
    with pytest.raises(UserError, match=r"data/cut.parquet cannot be read: ") as caught:
        Table.open(file, shown="data/cut.parquet").text("b")
    assert "writing it again" in (caught.value.hint or "").lower()
    with connect(memory=8 << 20, shown="huge.csv") as small:
        small.execute("SET temp_directory = ''")
        with pytest.raises(UserError, match=r"huge.csv: ") as caught:
            small.execute(
                "SELECT count(*) FROM (SELECT DISTINCT range || repeat('x', 200) FROM range(1000000))"
            ).fetchall()
    assert caught.value.hint == "Free memory or disk, or give fewer rows."


def test_what_is_wrong_in_a_query_of_ours_stays_our_bug() -> None:
    with connect() as connection, pytest.raises(duckdb.ParserException):
        connection.execute("SELEC 1")
