"""A cut goes by values: writing a table anew, in another format or order, moves no row of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ml_ci.changes.same_values import table_values
from ml_ci.errors import UserError
from ml_ci.spec.values import FileEntry, PartEntry
from ml_ci.tables.content import content
from ml_ci.tables.parts import PART, cut
from ml_ci.tables.table import Table

SHARE = PartEntry("train", share=0.5)
BY = PartEntry("train", share=0.5, by="id")
LAW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _write(path: Path, rows: list[list[str]], header: tuple[str, ...] = ("id", "v")) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def _flags(path: Path, part: PartEntry = SHARE) -> list[int]:
    """Say of each row whether it belongs to the part."""
    flags = path.with_name("flags")
    try:
        cut(path, part, None, path.with_name("part"), flags=flags)
    except UserError as error:
        assume("belongs to the part" not in error.message)
        raise
    return (np.fromfile(flags, np.uint8) == PART).tolist()


# One value, written in several ways.
SPELLINGS = {
    "a fraction": ("0.50", "0.500", ".5", "5e-1", "+0.5", " 0.5 ", "0.50000000000000001"),
    "a whole number": ("7", "7.0", "07", "7e0", "+7", "7."),
    "a million": ("1000000", "1e6", "1000000.00", "1E+06"),
    "a small number": ("0.00001", "1e-05", "1E-5"),
    "seventeen digits": ("0.1", "0.10000000000000001", "1.0e-1"),
    "nothing below zero": ("-0.5", "-.50", "-5e-1"),
    "zero": ("0", "-0", "0.0", "0e5"),
    "true": ("true", "True", "TRUE"),
    "missing": ("", "NA", "NaN", "NULL", "None", "n/a", "<NA>"),
    "a day": ("2026-01-31", "2026-01-31 00:00:00", "2026-01-31T00:00:00", "2026-01-31T00:00:00Z"),
    "a moment": ("2026-01-31 10:00", "2026-01-31T10:00:00.000", "2026-01-31 11:00:00+01:00", "2026-01-31 10:00:00Z"),
    "a text": ("word", " word", "word\t", "\u00a0word"),
    "twenty digits": ("12345678901234567890", "+12345678901234567890", "12345678901234567890.0"),
}
APART = [("7", "7.5"), ("12345678901234567890", "12345678901234567891"), ("word", "Word"), ("1", "true"), ("a b", "ab")]


@pytest.mark.parametrize("part", [SHARE, BY], ids=["whole rows", "by"])
@pytest.mark.parametrize("case", SPELLINGS)
def test_every_spelling_of_a_value_is_in_the_same_half(case: str, part: PartEntry, tmp_path: Path) -> None:
    if part is BY and case == "missing":
        return
    column = 0 if part is BY else 1
    for extra in range(12):
        rows = [["x", f"r{extra}"] for _ in SPELLINGS[case]]
        for row, spelling in zip(rows, SPELLINGS[case], strict=True):
            row[column] = spelling
            row[1 - column] = "same" if part is SHARE else row[1 - column]
        more = [[f"m{number}", "w"] for number in range(30)]
        flags = _flags(_write(tmp_path / f"{extra}.csv", [*rows, *more]), part)
        assert len(set(flags[: len(rows)])) == 1


def test_what_is_not_equal_is_told_apart(tmp_path: Path) -> None:
    for place, (one, other) in enumerate(APART):
        tables = [Table.open(_write(tmp_path / f"{place}{n}.csv", [["1", v]])) for n, v in enumerate((one, other))]
        assert content(tables[0]).digest != content(tables[1]).digest


NUMBER = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.decimals(-1000, 1000, places=3).map(str),
    st.just(""),
)
WORD = st.sampled_from(["red", "green one", "A,b", 'say "so"', "True", "false", "ünder", "NA", "2026-01-31", "x\ny"])
ROWS = st.lists(st.tuples(st.integers(1, 10**9).map(str), NUMBER, WORD), min_size=6, max_size=30)


def _again(value: str, way: int) -> str:
    """Write a number in another way, and anything else with white space around it."""
    try:
        number = float(value)
    except ValueError:
        return f" {value} " if way and "\n" not in value else value
    plain = [value, f"{number!r}", f"{number:.17g}", f"{value}0" if "." in value and "e" not in value else value]
    return plain[way % len(plain)]


@LAW
@given(rows=ROWS, ways=st.randoms(use_true_random=False))
def test_writing_values_anew_moves_no_row(rows: list[tuple[str, str, str]], ways: object, tmp_path: Path) -> None:
    header = ("id", "v", "w")
    before = _flags(_write(tmp_path / "a.csv", [list(row) for row in rows], header))
    anew = [[_again(value, ways.randrange(4)) for value in row] for row in rows]  # type: ignore[attr-defined]
    after = _write(tmp_path / "b.csv", anew, header)
    assert _flags(after) == before
    assert content(Table.open(after)) == content(Table.open(tmp_path / "a.csv"))


@LAW
@given(rows=ROWS)
def test_pandas_and_parquet_move_no_row(rows: list[tuple[str, str, str]], tmp_path: Path) -> None:
    header = ("id", "v", "w")
    source = _write(tmp_path / "a.csv", [list(row) for row in rows], header)
    before = _flags(source)
    frame = pd.read_csv(source)
    frame.to_csv(tmp_path / "b.csv", index=False)
    assert _flags(tmp_path / "b.csv") == before
    frame.to_parquet(tmp_path / "c.parquet")
    assert _flags(tmp_path / "c.parquet") == before
    frame.set_index(pd.Index(range(3, 3 + 2 * len(frame), 2)).astype(str)).to_parquet(tmp_path / "d.parquet")
    assert _flags(tmp_path / "d.parquet") == before


@LAW
@given(rows=ROWS, data=st.data())
def test_another_order_of_rows_and_columns_moves_no_row(
    rows: list[tuple[str, str, str]], data: st.DataObject, tmp_path: Path
) -> None:
    header = ("id", "v", "w")
    before = _flags(_write(tmp_path / "a.csv", [list(row) for row in rows], header))
    places = data.draw(st.permutations(range(len(rows))))
    columns = data.draw(st.permutations(range(3)))
    moved = [[rows[place][column] for column in columns] for place in places]
    after = _flags(_write(tmp_path / "b.csv", moved, tuple(header[column] for column in columns)))
    assert after == [before[place] for place in places]
    halves = Counter(row for row, flag in zip(rows, before, strict=True) if flag)
    assert not halves.keys() & {row for row, flag in zip(rows, before, strict=True) if not flag}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("a,b\n0.50,x\n1,y\n", "a,b\n0.500,x\n1.0,y\n", True),
        ("a,b\n1,x\n2,y\n", "a;b\r\n1;x\r\n2;y\r\n", True),
        ("a,b\n01,x\n2,y\n", "a,b\n1,x\n2,y\n", True),
        ("a,b\n1,x\n,y\n", "a,b\n1,x\nNA,y\n", True),
        ("a,b\n7,x\n8,y\n", "a,b\n7.0,x\n8.0,y\n", False),  # pandas reads float64 now, and str(7.0) is not str(7)
        ("a,b\n0.50,x\nz,y\n", "a,b\n0.500,x\nz,y\n", False),  # in a column of texts
        ("a,b\n1,x\n2,y\n", "b,a\nx,1\ny,2\n", False),
        ("a,b\n1,x\n2,y\n", "a,b\n2,y\n1,x\n", False),
        ("a,b\n12345678901234567890,x\n", "a,b\n12345678901234567891,x\n", False),
    ],
)
def test_a_function_is_trained_again_where_its_table_differs(
    before: str, after: str, same: bool, tmp_path: Path
) -> None:
    digests = []
    for name, text in (("a.csv", before), ("b.csv", after)):
        (tmp_path / name).write_text(text, newline="")
        digests.append(table_values(tmp_path / name, FileEntry(name)))
    assert (digests[0] == digests[1]) is same
