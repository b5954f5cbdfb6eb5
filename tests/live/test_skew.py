"""Logged features against computed ones: which differ, the cause that is named, and whose values are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.live.skew import compare
from ml_ci.live.skew_columns import Side
from ml_ci.live.skew_values import Skew, Wanted
from ml_ci.tables.duck import Database, connect

N = 400
# Made by hand: nothing of it is linear in the row's number, nor alike between two columns.
AMOUNT = "((i * 7919) % 1009 + 0.25)"
WORD = "('Word ' || chr(65 + CAST((i * 31) % 23 AS INTEGER)) || ' of ' || (i % 17))"
MOMENT = "(TIMESTAMP '2026-03-20 10:00:00' + to_minutes(CAST((i * 6151) % 20000 AS BIGINT)))"
UNIT = "(i % 40)"


def describe(database: Database, source: str, shown: str, typed: bool = True) -> Side:
    found = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return Side(source, {str(name): str(kind) for name, kind, *_ in found}, shown, typed)


def look(logged: str, computed: str, rows: int = N, **wanted: Any) -> Skew:
    """Compare two lists of columns, which are made of a row's number `i`."""
    wanted = {"id": "id", "time": "t", "unit": "who", "beside": frozenset({"who"}), **wanted}
    base = f"i AS id, i AS t, {UNIT} AS who"
    with connect() as database:
        sides = [
            describe(database, f"(SELECT {base}, {what} FROM range({rows}) AS r(i))", shown)
            for what, shown in ((logged, "the log"), (computed, "the features"))
        ]
        return compare(database, sides[0], sides[1], Wanted(**wanted)).skew


@pytest.mark.parametrize(
    ("logged", "computed", "kind", "said"),
    [
        ("NULL::DOUBLE", AMOUNT, "missing", "missing in the log"),
        (AMOUNT, f"CASE WHEN i % 2 = 0 THEN 'NaN'::DOUBLE ELSE {AMOUNT} END", "missing",
         "missing where it is computed"),
        ("''", WORD, "missing", "missing in the log"),
        ("0.0", f"{AMOUNT} + 1", "constant", "always 0 in the log"),
        (f"{AMOUNT} * 100", AMOUNT, "factor", "factor 100 (a unit)"),
        (f"round({AMOUNT} * 1000 / 3)", f"{AMOUNT} + 2000", None, None),
        (f"CAST({AMOUNT} / 1.609344 AS FLOAT)", AMOUNT, "factor", "factor 0.621371 (a unit)"),
        (f"CAST(round(({AMOUNT} + 1) * 100) AS INTEGER)", f"({AMOUNT} + 1)", "factor", "factor 100 (a unit)"),
        (f"{AMOUNT} + 7200", AMOUNT, "offset", "offset 7,200 (+2 h in seconds: a time zone)"),
        (f"epoch({MOMENT}) - 3600", f"epoch({MOMENT})", "offset", "offset -3,600 (-1 h in seconds: a time zone)"),
        ("1990 + i % 35 + 1", "1990 + i % 35", "offset", "offset 1"),
        (f"{MOMENT} - INTERVAL 5 HOUR", MOMENT, "offset", "offset -5 h (a time zone)"),
        (f"timezone('Europe/Berlin', timezone('UTC', {MOMENT}))", MOMENT, "offset",
         "offset +1 h or +2 h (a time zone with summer time)"),
        (f"{MOMENT} + INTERVAL 3 DAY", MOMENT, "offset", "offset +3 days"),
        ("(i * 5 + 21) % 24", "(i * 5) % 24", "offset", "offset -3 h, begun anew after 23 (a time zone)"),
        (f"upper({WORD})", WORD, "spelling", "case"),
        (f"' ' || replace({WORD}, ' ', '  ')", WORD, "spelling", "white space"),
        (f"upper({WORD}) || ' '", WORD, "spelling", "case and white space"),
        ("'0' || (i + 100)", "i + 100", "spelling", "leading zeros"),
        ("CASE WHEN i < 40 THEN i * 7919 % 1009 ELSE (i - 40) * 7919 % 1009 END", "i * 7919 % 1009", "stale",
         "the value that the unit had before"),
        (f"{AMOUNT} * ((i * 13) % 7 + 2)", AMOUNT, None, None),
        (f"CAST({AMOUNT} AS VARCHAR)", f"{AMOUNT} / 10", "factor", "factor 10 (a unit)"),
    ],
)  # fmt: skip
def test_the_cause_is_named_where_it_explains_nearly_all(
    logged: str, computed: str, kind: str | None, said: str | None
) -> None:
    cause = look(f"{logged} AS x, {WORD} AS same", f"{computed} AS x, {WORD} AS same").columns["x"].cause
    assert (cause and cause.kind, cause and cause.said) == (kind, said)


def test_two_columns_that_changed_places_are_named() -> None:
    other = "((i * 104729) % 5003 + 0.5)"
    found = look(f"{other} AS a, {AMOUNT} AS b", f"{AMOUNT} AS a, {other} AS b")
    assert [one.cause and one.cause.said for one in found.columns.values()] == ["the value of `b`", "the value of `a`"]


@pytest.mark.parametrize(("share", "named"), [(0.06, False), (0.04, True)])
def test_a_cause_that_leaves_more_than_a_twentieth_is_none(share: float, named: bool) -> None:
    noise = f"CASE WHEN i < {share * N} THEN i * i % 97 ELSE {AMOUNT} * 100 END"
    cause = look(f"{noise} AS x", f"{AMOUNT} AS x").columns["x"].cause
    assert (cause is not None) == named


def test_without_a_unit_nothing_is_stale() -> None:
    stale = "CASE WHEN i < 40 THEN i * 7919 % 1009 ELSE (i - 40) * 7919 % 1009 END AS x"
    assert look(stale, "i * 7919 % 1009 AS x", unit=None).columns["x"].cause is None


@pytest.mark.parametrize(
    ("logged", "computed", "mismatches"),
    [
        (f"CAST({AMOUNT} AS FLOAT)", AMOUNT, 0),
        (f"{AMOUNT} * (1 + 1e-7)", AMOUNT, 0),
        (f"{AMOUNT} * (1 + 3e-6)", AMOUNT, N),
        ("NULL::INTEGER", "'NaN'::DOUBLE", 0),
        ("'NaN'::DOUBLE", AMOUNT, N),
        ("'Infinity'::DOUBLE", "'Infinity'::DOUBLE", 0),
        ("'Infinity'::DOUBLE", AMOUNT, N),
        ("'Infinity'::DOUBLE", "'-Infinity'::DOUBLE", N),
        ("''", "NULL::VARCHAR", 0),
        ("i % 2 = 0", "i % 2 = 0", 0),
        ("i % 2 = 0", "1 - i % 2", 0),
        (WORD, f"{WORD}::VARCHAR || ' '", N),
        ("CAST(i AS VARCHAR)", "i", 0),
        ("'0' || i", "i", N),
        ("'x' || i", "i", N),
        ("CAST('2026-01-01' AS DATE)", "'2026-01-01 00:00:00'", 0),
        ("[i, 2]", "[i, 2]", 0),
        ("[i, 2]", "[i, 3]", N),
        ("0.0", "-0.0", 0),
        ("18446744073709551615::UBIGINT", "18446744073709551615::HUGEINT", 0),
    ],
)  # fmt: skip
def test_what_is_equal(logged: str, computed: str, mismatches: int) -> None:
    found = look(f"{logged} AS x", f"{computed} AS x")
    assert (found.rows, found.mismatches, found.columns["x"].mismatches) == (N, mismatches, mismatches)


@pytest.mark.parametrize(
    ("logged", "computed", "mismatches"),
    [
        ("'7.0'", "'7'", 0),
        ("' 7'", "'7.0000001'", 0),
        ("'007'", "'7'", 10),
        ("'NA'", "''", 0),
        ("'nan'", "NULL", 0),
        ("'True'", "'true'", 0),
        ("'true'", "'1'", 0),
        ("'2026-01-01T10:00:00Z'", "'2026-01-01 12:00:00+02:00'", 0),
        ("'2026-01-01'", "'2026-01-01T00:00:00'", 0),
        ("'2026-01-01'", "'7'", 10),
        ("'yes'", "'7'", 10),
    ],
)
def test_texts_of_files_without_types_are_what_all_of_them_are(logged: str, computed: str, mismatches: int) -> None:
    rows = "(SELECT CAST(i AS VARCHAR) AS id, CAST({} AS VARCHAR) AS x FROM range(10) AS r(i))"
    with connect() as database:
        found = compare(
            database,
            describe(database, rows.format(logged), "log", typed=False),
            describe(database, rows.format(computed), "features", typed=False),
            Wanted("id", rows=None),
        ).skew
    assert (found.rows, found.mismatches) == (10, mismatches)


def test_a_row_with_several_columns_that_differ_counts_once() -> None:
    found = look("i AS a, i AS b", "i + (i % 4 = 0)::INT AS a, i + (i % 2 = 0)::INT AS b")
    assert (found.mismatches, [one.mismatches for one in found.columns.values()]) == (N // 2, [N // 4, N // 2])


def test_nobodys_value_is_shown_unless_rows_are_asked_for() -> None:
    sides = (f"{AMOUNT} * 100 AS x, i % 3 AS y", f"{AMOUNT} AS x, i % 3 + 1 AS y")
    found = look(*sides).columns
    assert found["x"].pairs == ()
    assert [(one.logged, one.computed, one.rows, one.id) for one in found["y"].pairs] == [
        (0, 1, 134, None), (1, 2, 133, None), (2, 3, 133, None),
    ]  # fmt: skip
    single = look(*sides, single=True).columns["x"].pairs
    assert len({one.id for one in single}) == 3
    assert all(one.logged == 100 * one.computed for one in single)
    assert "100" not in repr(single)


def test_a_sample_is_of_its_size_and_its_rows_are_all_there() -> None:
    with connect() as database:
        logged = describe(database, "(SELECT i AS id, i % 9 AS x FROM range(1000) AS r(i))", "log")
        computed = describe(database, "(SELECT i AS id, i % 8 AS x FROM range(500) AS r(i))", "computed")
        found = compare(database, logged, computed, Wanted("id", rows=200))
        assert (found.skew.logged, found.skew.rows + found.skew.unmatched) == (1000, 200)
        assert 60 < found.skew.unmatched < 140
        pairs = [
            row
            for batch in found.read_differing(["x", "unknown"])
            for row in zip(*(one["x"] for one in batch), strict=True)
        ]
        assert len(pairs) == found.skew.mismatches
        assert all(one != other for one, other in pairs)


Build = Callable[[str, str], Skew]


@pytest.mark.parametrize(
    ("logged", "computed", "said"),
    [
        ("SELECT 1 AS id, 2 AS a", "SELECT 1 AS id, 2 AS b", "log and features have no feature in common"),
        ("SELECT 1 AS key, 2 AS a", "SELECT 1 AS id, 2 AS a", "log has no column `id`"),
        ("SELECT 1 AS id, 2 AS a", "SELECT 1 AS key, 2 AS a", "features has no column `id`"),
        (
            "SELECT * FROM (VALUES (1, 2), (1, 3)) AS t(id, a)",
            "SELECT 1 AS id, 2 AS a",
            "log: 1 row has an id (`id`) that another row has with other values",
        ),
        (
            "SELECT 1 AS id, 2 AS a",
            "SELECT * FROM (VALUES (1, 2), (1, 3), (1, 4)) AS t(id, a)",
            "features: 2 rows have an id (`id`) that another row has with other values",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(logged: str, computed: str, said: str) -> None:
    with connect() as database, pytest.raises(UserError) as told:
        compare(
            database,
            describe(database, f"({logged})", "log"),
            describe(database, f"({computed})", "features"),
            Wanted("id"),
        )
    assert told.value.message == said


@pytest.mark.parametrize(
    ("logged", "computed", "rows", "notes"),
    [
        ("SELECT '1' AS id, 2 AS a", "SELECT 1 AS id, 2 AS a", 1, ()),
        (
            "SELECT 'a' AS id, 2 AS a",
            "SELECT 1 AS id, 2 AS a",
            0,
            ("no id of 1 is found: `id` is VARCHAR in the log and INTEGER where computed",),
        ),
        (
            "SELECT * FROM (VALUES (1, 2), (1, 2), (2, 5)) AS t(id, a)",
            "SELECT * FROM (VALUES (1, 2), (1, 2), (2, 5)) AS t(id, a)",
            2,
            ("rows that stand twice with the same values count once",),
        ),
        (
            "SELECT * FROM (VALUES (1, 2), (NULL, 2)) AS t(id, a)",
            "SELECT * FROM (VALUES (1, 2), (NULL, 2)) AS t(id, a)",
            1,
            ("1 rows of the log have no id",),
        ),
        ("SELECT 1 AS id, 2 AS a WHERE false", "SELECT 1 AS id, 2 AS a", 0, ()),
    ],
)
def test_ids(logged: str, computed: str, rows: int, notes: Sequence[str]) -> None:
    with connect() as database:
        found = compare(
            database,
            describe(database, f"({logged})", "log"),
            describe(database, f"({computed})", "features"),
            Wanted("id"),
        ).skew
    assert (found.rows, found.mismatches, found.notes) == (rows, 0, notes)
