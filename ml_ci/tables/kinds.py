"""What pandas makes of each column of a table, seen from its first rows: nothing is read by pandas."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables.duck import Database, connect, literal, parquet, select, unpad
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.records import rows
from ml_ci.tables.spelling import MISSING
from ml_ci.tables.text_source import text_source

ROWS = 100_000
_SEEN = 200  # the first of them, which say what to expect
_FRACTION = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WHOLE = r"[+-]?\d+"
# A number begins with what is less than a letter, or as inf and nan do: to find that a text is none takes longer.
_CAST = "CASE WHEN {0} < ':' OR unicode({0}) IN (73, 78, 105, 110) THEN TRY_CAST({0} AS DOUBLE) END"
# DuckDB takes 1_000 for a number, which pandas reads as a text.
_CAST_ODD = "TRY_CAST(CASE WHEN NOT contains({0}, '_') THEN {0} END AS DOUBLE)"
_BOOLEAN = "true|false"


@dataclass(frozen=True)
class Kind:
    """Say what a column is in pandas' words, and how many of the rows that were looked at have no value."""

    name: str
    missing: int = 0

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.missing:,} missing)" if self.missing else self.name


def kinds(path: Path, columns: Sequence[str] | None, shown: str, layout: Layout | None = None) -> Mapping[str, Kind]:
    """Give the kind of each column by its name, in the table's order; `columns` names those without a header line.

    `layout` says how the table is written where that is known. UserError when there is no table.
    """
    layout = layout or examine(path, columns, shown)
    with connect(shown=shown) as connection:
        if layout.parquet:
            return _of_parquet(connection, path, layout)
        if layout.plain:
            return _of_plain(connection, path, layout)
        return _of_text(connection, _register(connection, path, layout, shown), layout) or {}


def _of_plain(connection: Database, path: Path, layout: Layout) -> Mapping[str, Kind]:
    """Give the kinds of a plain text; columns that begin with fractions are read as numbers, as long as all are."""
    seen = connection.execute(select("*", text_source(path, layout, few=True), f"LIMIT {_SEEN}")).fetchall()
    numbers = [place for place, values in enumerate(zip(*seen, strict=True)) if _are_fractions(values)]
    found = None
    if numbers and not layout.underscored:
        with suppress(UserError):
            found = _of_text(connection, _first_rows(path, layout, numbers), layout, numbers)
    return found or _of_text(connection, _first_rows(path, layout), layout) or {}


def _are_fractions(values: Sequence[str | None]) -> bool:
    there = [value for value in values if value is not None]
    return all(map(_FRACTION.fullmatch, there)) and any("." in value for value in there)


def _first_rows(path: Path, layout: Layout, numbers: Collection[int] = ()) -> str:
    return f"({select('*', text_source(path, layout, numbers, few=True), f'LIMIT {ROWS}')})"


def _register(connection: Database, path: Path, layout: Layout, shown: str) -> str:
    """Have the first rows of a text that DuckDB does not read as it stands under a name."""
    import numpy as np

    fields = [record.fields for record in islice(rows(path, layout, shown), ROWS) if record.fields]
    if not fields:
        none = ", ".join(f"NULL::VARCHAR AS c{place}" for place in range(len(layout.names)))
        return f"({select(none, '(SELECT 1)', 'WHERE false')})"
    columns = {f"c{place}": np.array(values, np.object_) for place, values in enumerate(zip(*fields, strict=True))}
    connection.register("first_rows", columns)
    return "first_rows"


def _of_text(
    connection: Database, source: str, layout: Layout, numbers: Collection[int] = ()
) -> Mapping[str, Kind] | None:
    """Give the kinds of columns of texts, and of those at the places `numbers`, which are DOUBLE in `source`.

    None where one of these is not surely float64: it has no fraction, or NaN, which may be how a missing value is said.
    """
    places = range(len(layout.names))
    texts = [place for place in places if place not in numbers]
    cast = _CAST_ODD if layout.underscored else _CAST
    for step in (partial(_number, cast), _trimmed, _present):
        source = f"({select(', '.join(['*', *map(step, texts)]), source)})"
    counts = (_count_numbers(place) if place in numbers else _tests(place, cast) for place in places)
    found = connection.execute(select(", ".join(["count(*)", *counts]), source)).fetchone() or (0,)
    total, each = found[0], [found[4 * place + 1 : 4 * place + 5] for place in places]
    if any(None in each[place] for place in numbers):
        return None
    return {  # of no rows DuckDB counts NULL
        name: _name(total, *(one or 0 for one in counted)) for name, counted in zip(layout.names, each, strict=True)
    }


def _count_numbers(place: int) -> str:
    """Count as `_tests` what is present, whole, a number and a boolean; NULL where that is not sure."""
    column = f"c{place}"
    sure = f"count_if({column} <> trunc({column})) > 0 AND count_if(NOT isfinite({column})) = 0"
    return f"count({column}), 0, CASE WHEN {sure} THEN count({column}) END, 0"


def _number(cast: str, place: int) -> str:
    return f"{cast.format(f'c{place}')} AS n{place}"


def _trimmed(place: int) -> str:
    """Leave out the numbers with a fraction: they are no words, no whole numbers and no booleans."""
    return f"CASE WHEN {_is_fraction(place)} THEN NULL ELSE {unpad(f'c{place}')} END AS u{place}"


def _present(place: int) -> str:
    """Leave out the words for what is missing, which begin with N, n, or less than a letter."""
    value, listed = f"u{place}", literal("|".join(map(re.escape, ("", *MISSING))))
    is_other = f"{value} >= '=' AND unicode({value}) NOT IN (78, 110)"
    is_missing = f"regexp_full_match({value}, {listed})"
    return f"CASE WHEN {is_other} THEN {value} WHEN {is_missing} THEN NULL ELSE {value} END AS v{place}"


def _tests(place: int, cast: str) -> str:
    """Count what is present, whole, a number and a boolean."""
    value, fractions = f"v{place}", f"count_if({_is_fraction(place)})"
    whole = f"CASE WHEN {value} < ':' THEN regexp_full_match({value}, {literal(_WHOLE)}) ELSE false END"
    number = f"CASE WHEN n{place} IS NOT NULL OR {value} <> c{place} THEN {cast.format(value)} END"
    boolean = f"regexp_full_match(lower({value}), {literal(_BOOLEAN)})"
    boolean = f"CASE WHEN strlen({value}) BETWEEN 4 AND 5 THEN {boolean} ELSE false END"
    return f"{fractions} + count({value}), count_if({whole}), {fractions} + count({number}), count_if({boolean})"


def _is_fraction(place: int) -> str:
    return f"coalesce(isfinite(n{place}) AND n{place} <> trunc(n{place}), false)"


def _name(rows: int, present: int, whole: int, numbers: int, booleans: int) -> Kind:
    """Say what pandas makes of a text's column: whole numbers with a gap become float64, booleans objects."""
    missing = rows - present
    if not rows:
        return Kind("text")
    if whole == present and present:
        return Kind("float64" if missing else "int64", missing)
    if numbers == present:
        return Kind("float64", missing)
    if booleans == present:
        return Kind("object" if missing else "bool", missing)
    return Kind("text", missing)


def _of_parquet(connection: Database, path: Path, layout: Layout) -> Mapping[str, Kind]:
    columns = [f"c{place}" for place in range(len(layout.names))]
    source = f"{parquet(path)} AS t({', '.join(columns)})"
    types = connection.execute(f"DESCRIBE {select('*', source)}").fetchall()
    counted = select(
        ", ".join(["count(*)", *(f"count({one})" for one in columns)]), f"({select('*', source, f'LIMIT {ROWS}')})"
    )
    total, *present = connection.execute(counted).fetchone() or (0,)
    said = _by_pandas(connection, path)
    return {
        name: said.get(name) or _type(str(types[place][1]), total - present[place])
        for place, name in enumerate(layout.names)
    }


def _by_pandas(connection: Database, path: Path) -> Mapping[str, Kind]:
    """Give what pandas itself wrote of its columns beside them."""
    query = select("value", f"parquet_kv_metadata({literal(path)})", "WHERE key = 'pandas'::BLOB")
    found = connection.execute(query).fetchone()
    try:
        columns = json.loads(bytes(found[0])).get("columns", []) if found else []
        return {str(one["field_name"]).strip(): Kind(_pandas_name(one)) for one in columns}
    except (ValueError, KeyError, TypeError):
        return {}


def _pandas_name(said: Mapping[str, object]) -> str:
    kind, how = str(said.get("pandas_type")), str(said.get("numpy_type"))
    if kind == "categorical":
        return "category"
    if kind in ("unicode", "string") or how in ("str", "string"):
        return "text"
    return re.sub(r"^(u?int|float)\d+$", lambda found: f"{found[1].lstrip('u')}64", how)


def _type(kind: str, missing: int) -> Kind:
    """Say what pandas makes of a type where nothing is written beside it."""
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", kind):
        return Kind("float64" if missing else "int64", missing)
    if kind in ("FLOAT", "DOUBLE"):
        return Kind("float64")
    if kind == "BOOLEAN":
        return Kind("object" if missing else "bool", missing)
    return Kind("text" if kind == "VARCHAR" or kind.startswith("ENUM") else kind.lower())
