"""The bits of a value are equal where its form is, quickly or closely, by DuckDB's mixing or by our own arithmetic."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ml_ci.tables import hashed, row_hashes
from ml_ci.tables.duck import connect, literal, select
from ml_ci.tables.hashed import MISSING, hash_sure, hash_values
from ml_ci.tables.row_hashes import hash_closely, hash_quickly
from ml_ci.tables.spelling import MISSING as WORDS_OF_NONE
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import Table

NUMBERS = [
    *(
        "7",
        "7.0",
        "+7",
        "007",
        "7.",
        " 7",
        "7 ",
        "\t7",
        "7\u00a0",
        "\u30007",
        "7e0",
        "70e-1",
        ".5",
        "0.50",
        "+.5",
        "5E-1",
    ),
    *(
        "-0",
        "-0.0",
        "0",
        "0e5",
        "1e-400",
        "-1e-400",
        "1e400",
        "-1e400",
        "inf",
        "-inf",
        "+inf",
        "Infinity",
        "1_000",
        "1000",
    ),
    *("9007199254740991", "9007199254740992", "9007199254740993", "9007199254740993.0", "9007199254740992.5"),
    *("-9007199254740993", "18446744073709551616", "99999999999999999999999999999999999999999", "1e17", "1e300"),
    *(
        "100000000000000000",
        "0.1",
        "0.10000000000000001",
        "0.1000000000000000055511151231257827",
        "1..2",
        "1,5",
        "0x10",
        "-",
    ),
]
WORDS = [
    *(
        "true",
        "True",
        "TRUE",
        " true",
        "trues",
        "false",
        "False",
        "f",
        "t",
        "F",
        "T",
        "yes",
        "EU",
        "eu",
        "Nancy",
        "nano",
    ),
    *(
        *WORDS_OF_NONE,
        "nul",
        "NULLS",
        " NA",
        "NA ",
        "NaNs",
        "#",
        "<",
        "-nan ",
        "1.#IND0",
        "é",
        "\u00e9clair",
        "e\u0301",
        "日本",
        "日本\u3000",
    ),
    *(
        "\u00a0EU",
        "EU\u2003",
        "E U",
        "abcdefgh",
        "abcdefghi",
        "abcdefg",
        "a" * 70,
        "a" * 71,
        "x\x1c",
        "\x1fx",
        "_1",
        "(1)",
    ),
    *("2024-01-31", "2024-01-31T00:00:00Z", "2024-01-31 00:00:00", "2024-01-31 01:00:00+01", "2024-02-31", "2024"),
]
TEXTS = [*NUMBERS, *WORDS]


def _table(folder: Path, texts: Sequence[str]) -> Table:
    path = folder / "texts.parquet"
    rows = ", ".join(f"({literal(text)})" for text in texts)
    with connect() as connection:
        connection.execute(f"COPY (SELECT * FROM (VALUES {rows}) AS t(a)) TO {literal(str(path))} (FORMAT parquet)")
    return Table.open(path)


def _read(table: Table) -> list[tuple[str, int, int | None]]:
    """Give of each row its form, its bits, and its bits at first sight."""
    source, (form,) = spell(table, ["a"])
    forms = table.ask(select(f"{form} AS v", source))["v"]
    source, (bits,) = hash_values(table, ["a"])
    closely = table.ask(select(f"{bits} AS v", source))["v"]
    source, (bits,) = hash_sure(table, ["a"], {}, table.source)
    sure: Any = table.ask(select(f"{bits} AS v", source))["v"]
    return [
        (str(one), int(two), None if three is None else int(three))
        for one, two, three in zip(forms.tolist(), closely.tolist(), sure.tolist(), strict=True)
    ]


def _hold(table: Table) -> int:
    found = _read(table)
    forms: dict[str, int] = {}
    for form, bits, sure in found:
        assert forms.setdefault(form, bits) == bits, form
        assert sure in (None, bits), form
        assert (bits == MISSING) == (form == ""), form
    assert len({*forms.values()}) == len(forms)
    return sum(sure is None for *_, sure in found)


def test_bits_are_equal_where_forms_are(tmp_path: Path) -> None:
    assert 0 < _hold(_table(tmp_path, TEXTS)) < len(TEXTS)


@pytest.mark.parametrize("seed", range(3))
def test_of_texts_at_random(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    letters = "0123456789.+-eE _nNaAtTrRuU#<\t\u00a0é:/"
    _hold(_table(tmp_path, ["".join(draw.choices(letters, k=draw.randrange(1, 9))) for _ in range(3000)]))


TYPES = [
    ("BIGINT", "[7, -7, 0, 9007199254740991, 9007199254740992, 9007199254740993, NULL]"),
    ("DOUBLE", "[7, -0.0, 0.1, 1e300, 1e17, 9007199254740992, 'nan', 'inf', '-inf', 5e-324, NULL]"),
    ("FLOAT", "[7, -0.0, 0.1, 16777217, 1e30, 1e38, 'nan', 'inf', NULL]"),
    ("DECIMAL(18, 3)", "[7, 0.1, -0.5, 123456789012345.678, NULL]"),
    ("HUGEINT", "[7, 9007199254740993, 170141183460469231731687303715884105727, NULL]"),
    ("UBIGINT", "[18446744073709551615, 0, NULL]"),
    ("BOOLEAN", "[true, false, NULL]"),
    ("DATE", "['2024-01-31', NULL]"),
    ("TIMESTAMP", "['2024-01-31 00:00:00', '2024-01-31 01:02:03.5', NULL]"),
    ("TIMESTAMP WITH TIME ZONE", "['2024-01-31 00:00:00+01', NULL]"),
]


@pytest.mark.parametrize(("kind", "values"), TYPES)
def test_a_type_says_nothing(tmp_path: Path, kind: str, values: str) -> None:
    path = tmp_path / "typed.parquet"
    with connect() as connection:
        column = f"SELECT unnest({values}::{kind}[]) AS a"
        connection.execute(f"COPY ({column}) TO {literal(str(path))} (FORMAT parquet)")
    typed = Table.open(path)
    found = _read(typed)
    _hold(typed)
    written = [form or "NA" for form, *_ in found]
    assert [bits for _, bits, _ in _read(_table(tmp_path, written))] == [bits for _, bits, _ in found]


def _rows(table: Table, names: Sequence[str], *, quick: bool) -> list[int]:
    rows = hash_quickly(table, names) if quick else hash_closely(table, names)
    assert rows is not None
    return [-1 if one is None else int(one) for one in table.ask(select("h", rows))["h"].tolist()]


def test_rows_are_hashed_quickly_as_they_are_closely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv"
    rows = [
        f"{one % 2},{one / 7},{('EU', 'US')[one % 2]},{'NA' if one > 250 else 'n' + str(one)}" for one in range(270)
    ]
    path.write_text("\n".join(["label,x,region,name", *rows]) + "\n")
    table = Table.open(path)
    assert hash_quickly(table, table.names) is None, "nothing has to be quick of few rows"
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    monkeypatch.setattr(row_hashes, "_SEEN", 200)
    assert hash_quickly(table, ["name"]) is None, "where the first rows take a closer look, all get it"
    names = ["label", "x", "region"]
    assert _rows(table, names, quick=True) == _rows(table, names, quick=False)
    assert len({*_rows(table, names, quick=False)}) == 270
    assert sorted(_rows(table, names[::-1], quick=False)) == sorted(_rows(table, names, quick=False))


def test_a_mixing_of_our_own_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = _table(tmp_path, TEXTS)
    assert hashed.knows_mixing(), "this DuckDB hashes a number in another way: slower, and as right"
    rows = _rows(table, ["a"], quick=False)
    monkeypatch.setattr(hashed, "knows_mixing", lambda: False)
    assert _rows(table, ["a"], quick=False) == rows
