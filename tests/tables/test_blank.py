"""A table whose labels are gone and whose rows are otherwise as they stand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.tables.columns import blank

TEXTS = [
    ("x,y,z\n1,0,a\n2,1,b\n", "y", None, "x,y,z\n1,,a\n2,,b\n"),
    ("y,x\n1,0\n", "y", None, "y,x\n,0\n"),
    ("x,y\n1,0\n2,1", "y", None, "x,y\n1,\n2,"),
    ('x,"y"\r\n"a, ""b""\n c", "yes"\r\n\r\n007,no\r\n', "y", None, 'x,"y"\r\n"a, ""b""\n c",\r\n\r\n007,\r\n'),
    ("\ufeffx;y\n1,5;0\n", "y", None, "\ufeffx;y\n1,5;\n"),
    ("1\t0\n2\t1\n", "b", ("a", "b"), "1\t\n2\t\n"),
    ("y\n1\n0\n", "y", None, 'y\n""\n""\n'),
    ("x y\n1  0\n2  1\n", "y", None, "x y\n1  nan\n2  nan\n"),
]


@pytest.mark.parametrize(("text", "label", "columns", "left"), TEXTS)
@pytest.mark.parametrize("packed", [False, True])
def test_only_the_values_of_the_column_go(
    tmp_path: Path, text: str, label: str, columns: tuple[str, ...] | None, left: str, packed: bool
) -> None:
    raw = text.encode()
    (tmp_path / "a.csv").write_bytes(gzip.compress(raw) if packed else raw)
    blank(tmp_path / "a.csv", label, tmp_path / "b.csv", columns=columns)
    found = (tmp_path / "b.csv").read_bytes()
    assert (gzip.decompress(found) if packed else found).decode() == left


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {"x": arrow.array([1, 2], arrow.int8()), "y": ["a", "b"], "z": arrow.array([0.5, None], arrow.float32())}
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    blank(tmp_path / "a.parquet", "y", tmp_path / "b.parquet")
    found = parquet.read_table(tmp_path / "b.parquet")
    assert found.schema.types == table.schema.types and found.schema.names == table.schema.names
    assert found.drop_columns("y") == table.drop_columns("y")
    assert found["y"].to_pylist() == [None, None]


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,z\n1,2\n")
    with pytest.raises(UserError, match="y"):
        blank(tmp_path / "a.csv", "y", tmp_path / "b.csv")
