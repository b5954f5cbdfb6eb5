"""Rows that are looked through several times are the same rows, held or read anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.tables.duck import connect, select
from ml_ci.tables.rows_held import to_look_through
from ml_ci.tables.table import Table

FILES = {
    "a.csv": "x,word,y\n0.50,red,1\n7,blue,0\n,NA,1\n",
    "b.csv": "y,x\n1,0.5\n0,7.0\n",
    "c.csv": 'word;x;y\n"re;d";1e3;0\n',
}


@pytest.mark.parametrize("columns", [["x"], ["x", "y"], ["word", "x", "y"], ["word"]])
def test_held_and_read_rows_are_told_apart_alike(tmp_path: Path, columns: list[str]) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    tables = [Table.open(tmp_path / name) for name in FILES]
    with connect() as connection:
        [held] = to_look_through(connection, "held", tables, columns)
        read = to_look_through(connection, "none", tables, columns, most=len(columns) * 5)
        assert [one.rows for one in read] == [3, 2, 1]
        assert held.rows == 6

        def rows(parts: object) -> list[object]:
            queries = [select(f"{one.row(columns)} AS k", one.source) for one in parts]  # type: ignore[attr-defined]
            return sorted(connection.execute(" UNION ALL ".join(queries)).fetchall())

        assert rows([held]) == rows(read)
        different = len(set(rows([held])))
    assert different == {"x": 4, "x,y": 4, "word,x,y": 6, "word": 4}[",".join(columns)]
