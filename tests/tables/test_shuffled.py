"""Blocks of rows, each with one column shuffled, in every format that a holdout has."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ml_ci.tables.shuffled import shuffle

ROWS = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]
DRAWN, ORDERS = (0, 2, 3), ((1, 2, 0), (2, 1, 0))
BLOCKS = [
    *(("a", "1"), ("c", "3"), ("d", "4")),
    *(("c", "1"), ("d", "3"), ("a", "4")),
    *(("a", "4"), ("c", "3"), ("d", "1")),
]


def made(source: Path, **given: Any) -> Path:
    out = source.parent / "out" / source.name
    out.parent.mkdir()
    shuffle(source, out, DRAWN, ORDERS, columns=given.get("columns"), shown="x")
    return out


def text(rows: list[tuple[str, str]], delimiter: str) -> str:
    return "".join(f"{delimiter.join(row)}\n" for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_keeps_its_delimiter_and_its_header(tmp_path: Path, delimiter: str) -> None:
    source = tmp_path / "rows.csv"
    source.write_text(text([("x", "y"), *ROWS], delimiter))
    assert made(source).read_text() == text([("x", "y"), *BLOCKS], delimiter)


def test_text_without_a_header_gets_none(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text(text(ROWS, ","))
    assert made(source, columns=("x", "y")).read_text() == text(BLOCKS, ",")


def test_compressed_text_stays_compressed(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv.gz"
    source.write_bytes(gzip.compress(text([("x", "y"), *ROWS], ",").encode()))
    assert gzip.decompress(made(source).read_bytes()).decode() == text([("x", "y"), *BLOCKS], ",")


def test_quoted_values_stay_whole(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text('x,y\n"a,\n1",1\nb,2\n"c ""q""",3\nd,4\n')
    assert made(source).read_text().startswith('x,y\n"a,\n1",1\n"c ""q""",3\nd,4\n"c ""q""",1\n')


def test_parquet_keeps_types_names_and_order(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    source = tmp_path / "rows.parquet"
    days = [date(2026, 1, day) for day in (1, 2, 3, 4)]
    table = pyarrow.table({'a "quoted" name': days, "place": [1.5, None, 2.5, 3.5], "o0": [[1], [2], [3], [4]]})
    parquet.write_table(table, source)
    found = parquet.read_table(made(source))
    assert found.schema.names == table.schema.names
    first, second, third = (column.to_pylist() for column in found.columns)
    a, _, c, d = days
    assert first == [a, c, d, c, d, a, a, c, d]
    assert second == [1.5, 2.5, 3.5, 1.5, 2.5, 3.5, 3.5, 2.5, 1.5]
    assert third == [[1], [3], [4]] * 3, "a column without an order is as it is"
