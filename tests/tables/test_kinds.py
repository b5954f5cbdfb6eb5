"""What pandas makes of a text's column, said without pandas; it is asked itself in tests/real_cases/test_unlike.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ml_ci.tables import kinds as tables
from ml_ci.tables.kinds import _CAST, Kind, kinds

Write = Callable[..., Path]
COLUMNS = {
    "1 2 -3 +7 007": Kind("int64"),
    "1 2 NA": Kind("float64", 1),
    "1 2.5 -0.25 1e-3": Kind("float64"),
    "0.5 nan NaN -nan null": Kind("float64", 4),
    "0.5 inf -inf": Kind("float64"),
    "\u00a07.5 7": Kind("float64"),
    "\u00a07 7": Kind("int64"),
    "true False TRUE": Kind("bool"),
    "true #N/A": Kind("object", 1),
    "t f": Kind("text"),
    "EU Nancy None": Kind("text", 1),
    "0.5 EU": Kind("text"),
    "1.0 2 3": Kind("float64"),
    "1.0": Kind("float64"),
    "0.5 9007199254740993": Kind("float64"),
    "1 true": Kind("text"),
    "1000 1_000": Kind("text"),
    "0.5 1_0.5": Kind("text"),
    "0.5 1_000": Kind("text"),
    "<NA> n/a 1.#IND": Kind("float64", 3),
}


@pytest.mark.parametrize("seen", [200, 1])
@pytest.mark.parametrize("values", COLUMNS)
def test_a_column_is_named_as_pandas_names_it(
    write: Write, values: str, seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its first value is a fraction, and what follows is something else."""
    monkeypatch.setattr(tables, "_SEEN", seen)
    rows = values.split(" ")
    path = write("a,b\n" + "".join(f"{value},1\n" for value in rows))
    assert kinds(path, None, "t.csv") == {"a": COLUMNS[values], "b": Kind("int64")}
    quoted = write('a,b\n"",1\n' + "".join(f'"{value}",1\n' for value in rows), "quoted.csv")
    found = kinds(quoted, None, "t.csv")["a"]
    assert found.missing == COLUMNS[values].missing + 1


@pytest.mark.parametrize("content", [b"a,b\n", b'"a, x",b\n', "\u00e4;b\n".encode("latin-1"), b"a\tb"])
def test_columns_without_a_row_are_texts(tmp_path: Path, content: bytes) -> None:
    """As pandas has them; somebody else refuses a table without rows."""
    path = tmp_path / "empty.csv"
    path.write_bytes(content)
    assert set(kinds(path, None, "empty.csv").values()) == {Kind("text")}


def test_whatever_duckdb_takes_for_a_number_is_looked_at() -> None:
    """A text by whose beginning it is none is not tried; no beginning of a number is left out."""
    rests = ("", "1", "inf", "nan", "nfinity", "aN", "NF", ".5", "-1", " 2", "e5")
    texts = [chr(code) + rest for code in range(1, 0x3001) if not 0xD800 <= code < 0xE000 for rest in rests]
    with duckdb.connect() as connection:
        connection.register("given", {"x": np.array(texts, np.object_)})
        query = f"SELECT x, TRY_CAST(x AS DOUBLE), {_CAST.format('x')} FROM given"
        found = connection.execute(query).fetchall()
    taken = {text for text, number, _ in found if number is not None}
    assert {"1", "+1", "infinity", "Infinity", "NaN", "INF"} <= taken and len(taken) > 50
    assert [text for text, number, ours in found if repr(number) != repr(ours)] == []
