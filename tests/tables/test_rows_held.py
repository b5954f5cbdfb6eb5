"""Rows that are looked through several times are the same rows, held or read anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.tables import row_hashes
from ml_ci.tables.content import content
from ml_ci.tables.duck import Database, connect, literal, select
from ml_ci.tables.row_hashes import hold_hashed
from ml_ci.tables.rows_held import Read, find_held, to_look_through
from ml_ci.tables.shared_rows import shared_rows
from ml_ci.tables.table import Table

FILES = {
    "a.csv": "x,word,y\n0.50,red,1\n7,blue,0\n,NA,1\n",
    "b.csv": "y,x\n1,0.5\n0,7.0\n",
    "c.csv": 'word;x;y\n"re;d";1e3;0\n',
}


def _ask(connection: Database, queries: list[str]) -> list[object]:
    return sorted(connection.execute(" UNION ALL ".join(queries)).fetchall())


@pytest.mark.parametrize("columns", [["x"], ["x", "y"], ["word", "x", "y"], ["word"]])
def test_held_and_read_rows_are_told_apart_alike(tmp_path: Path, columns: list[str]) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    tables = [Table.open(tmp_path / name) for name in FILES]
    with connect() as connection:
        [held] = to_look_through(connection, "held", tables, columns)
        read = to_look_through(connection, "none", tables, columns, most=len(columns) * 5)
        assert [one.rows for one in read] == [3, 2, 1]
        assert held.rows == 6

        def rows(parts: object) -> list[object]:
            queries = [one.keyed(columns) for one in parts]  # type: ignore[attr-defined]
            return sorted(connection.execute(" UNION ALL ".join(queries)).fetchall())

        assert rows([held]) == rows(read)
        different = len(set(rows([held])))
        key, features, label = columns[:1], columns, ["y"] if "y" in columns else []
        among = f"WHERE k IN ({select('min(k)', '(' + held.keyed(key) + ')')})"
        assert _ask(connection, [held.whole(key, features, label, among)]) == _ask(
            connection, [one.whole(key, features, label, among) for one in read]
        )
        assert _ask(connection, [held.each(columns, "")]) == _ask(connection, [one.each(columns, "") for one in read])
    assert different == {"x": 4, "x,y": 4, "word,x,y": 6, "word": 4}[",".join(columns)]


def test_tables_with_the_same_columns_are_read_as_one(tmp_path: Path) -> None:
    """What differs in its types, in its names or in their order stays apart."""
    texts = {
        "a.csv": "x,word\n0.50,red\n7,NA\n",
        "b.csv": "x;word\n.5;red\n1_0;\n",
        "c.csv": "x,word\n7.0,blue\n8,x\n",
        "d.csv": "word,x\nred,0.5\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    with connect() as connection:
        rows = "(VALUES (0.5::DOUBLE, 'red'), (NULL, 'blue')) AS t(x, word)"
        connection.execute(f"COPY ({select('*', rows)}) TO '{tmp_path / 'e.parquet'}' (FORMAT parquet)")
        tables = [Table.open(tmp_path / name) for name in (*texts, "e.parquet")]
        [held] = to_look_through(connection, "held", tables, ["x", "word"])
        asked = [_ask(connection, [Read(one).each(["x", "word"], "")]) for one in tables]
        assert _ask(connection, [held.each(["x", "word"], "")]) == sorted(row for rows in asked for row in rows)
    known = [row for rows in asked for row in rows]
    assert (len(known), len(set(known))) == (9, 6)


@pytest.fixture
def hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Give a text that holds two of its columns, and what tells its rows apart."""
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    path = tmp_path / "rows.csv"
    path.write_text("x,word,y\n" + "".join(f"{one / 7},{('red', 'blue')[one % 2]},{one % 3}\n" for one in range(60)))
    table = Table.open(path)
    hold_hashed(table, ["y", "word"])
    assert table.hashed
    return table


def test_a_table_that_holds_what_tells_its_rows_apart_is_not_read(hashed: Table) -> None:
    read = Read(Table.open(hashed.path))
    with connect() as connection:
        found = find_held(connection, "whole", hashed, ["x"])
        assert found is not None
        for key, features in ((["x"], ["x"]), (["x", "word"], ["x", "word"]), (["word"], ["word", "y", "x"])):
            assert found.knows(key) and found.knows(features)
            queries = [one.whole(key, features, ["y"], "WHERE k % 3 > 0") for one in (found, read)]
            assert _ask(connection, queries[:1]) == _ask(connection, queries[1:])
            assert _ask(connection, [found.keyed(key)]) == _ask(connection, [read.keyed(key)])
        assert find_held(connection, "none", hashed, ["word"]) is None, "x is not held, and would have to be taken out"


def test_rows_of_parquet_are_told_apart_by_what_is_held_as_those_of_a_text_are(hashed: Table, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with connect() as connection:
        read = f"read_csv({literal(hashed.path)}, types = {{'x': 'DOUBLE', 'y': 'INTEGER'}})"
        connection.execute(f"COPY ({select('*', read)}) TO {literal(path)} (FORMAT parquet)")
        table = Table.open(path, holding=lambda table: hold_hashed(table, ["y", "word"]))
        assert table.hashed and content(table) == content(hashed) == content(Table.open(path))
        found = find_held(connection, "one", table, ["x"])
        other = find_held(connection, "other", hashed, ["x"])
        assert found is not None and other is not None
        for columns in (["x"], ["word", "x"], ["y"]):
            assert _ask(connection, [found.keyed(columns)]) == _ask(connection, [other.keyed(columns)])
    assert table.counts("word") == hashed.counts("word")


def test_of_a_table_that_holds_less_nothing_is_known(hashed: Table) -> None:
    plain = Table.open(hashed.path)
    plain.hold(["y", "word"])
    with connect() as connection:
        assert find_held(connection, "whole", plain, ["x"]) is None


@pytest.mark.parametrize("naming", [(), ("word",)])
def test_rows_are_found_alike_in_what_is_held(hashed: Table, tmp_path: Path, naming: tuple[str, ...]) -> None:
    lines = hashed.path.read_text().splitlines()
    other = [line[:-1] + "9" if place % 2 else line for place, line in enumerate(lines[10:40])]
    (tmp_path / "other.csv").write_text("\n".join([lines[0], *other, *other[:5]]) + "\n")
    others = [Table.open(tmp_path / "other.csv")]
    for table in (hashed, Table.open(hashed.path)):
        found = shared_rows(table, others, "y", naming=naming)
        whole, features = found[0].whole, found[0].features
        assert whole is not None
        assert (whole.found, features.found, features.repeated, features.distinct) == (15, 30, 10, 30)
        assert len(found) == 1 + bool(naming)
