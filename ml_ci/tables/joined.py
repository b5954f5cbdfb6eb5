"""Several Parquet files as one, in their order, with the values that their folders are named after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables import arrow_notes
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.duck import Database, connect, literal, parquet, quote, select
from ml_ci.tables.parquet import Schema, measure_unpacked, names_of, own_names, read_schemas
from ml_ci.tables.typed import refuse_alike

Named = tuple[tuple[str, str | None], ...]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT")
_HELD = 200 << 20  # bytes
# What DuckDB writes as it was, where Arrow has noted nothing beside it.
_PLAIN = ("BOOLEAN", "VARCHAR", "DATE")
# Holds every whole number of 64 bits, with a sign and without one; left to itself DuckDB makes floats of them.
_ANY_WHOLE = "DECIMAL(38,0)"


@dataclass(frozen=True)
class Part:
    """One file of a table: its path, its name below the table's, and the values that its folders are named after."""

    path: Path
    name: str
    values: Named = ()


@dataclass(frozen=True)
class _Described:
    """A piece, its schema, and the kinds of its columns: those in the file, and those of its folders."""

    piece: Part
    schema: Schema
    own: Mapping[str, str]
    folders: Mapping[str, str]

    @property
    def kinds(self) -> Mapping[str, str]:
        return {**self.own, **self.folders}


def join(pieces: Sequence[Part], target: Path, shown: str, bounds: Bounds | None = None) -> None:
    """Write the pieces as one file.

    A column without a value in one of them has the type there that it has in the others. UserError where one has other
    columns than the first or another type in a column, is damaged, or holds more than `bounds` allow.
    """
    schemas = _read(pieces, shown)
    if bounds is not None:
        bounds.refuse_columns(names_of(schemas[0]), shown)
        bounds.refuse_size(measure_unpacked([one.path for one in pieces], shown), shown)
    refuse_alike(names_of(schemas[0]), f"{shown}: {pieces[0].name}")
    with connect(None if bounds is None else bounds.memory, shown=shown) as connection:
        found = _describe(connection, pieces, schemas)
        _refuse_other_columns(found, shown)
        wholes = {name: _agree(connection, found, name, shown) for name in found[0].kinds}
        queries = []
        for (what, _), group in groupby(found, lambda one: (_select(one, wholes), one.schema)):
            queries.append(select(what, _several([one.piece.path for one in group])))
        alike = len(queries) == 1 and not found[0].folders
        if alike and _may_hold_more(connection, found[0]) and _by_arrow(pieces, target):
            return
        options = f"FORMAT parquet{_keep_notes(connection, pieces)}"
    _write(f"COPY ({' UNION ALL '.join(queries)}) TO {literal(str(target))} ({options})", shown, bounds)


def _write(copying: str, shown: str, bounds: Bounds | None) -> None:
    """Write in little memory; where rows are so wide that it does not do, in as much as there is.

    Rows that are written in order are held back by DuckDB up to a share of what it may have.
    """
    most = None if bounds is None else bounds.memory
    for memory in (_HELD if most is None else min(_HELD, most), most):
        try:
            with connect(memory, shown=shown) as connection:
                connection.execute(copying)
            return
        except UserError:
            if memory == most:
                raise


def _may_hold_more(connection: Database, one: _Described) -> bool:
    """Say whether Arrow may know more of a file's columns than DuckDB: only then its 40 MB are loaded."""
    if any("[" in kind or not (kind in _PLAIN or _group(kind) == "number") for kind in one.own.values()):
        return True
    found = connection.execute(select("key, value", f"parquet_kv_metadata({literal(one.piece.path)})")).fetchall()
    return any(bytes(key) == arrow_notes.KEY and arrow_notes.notes_more(bytes(value)) for key, value in found)


def _by_arrow(pieces: Sequence[Part], target: Path) -> bool:
    """Join pieces that are alike with what only Arrow knows of their columns: categories in their order, zones, units.

    False where they have nothing of it, where there is no pyarrow, or where it cannot read what DuckDB can: then DuckDB
    joins them.
    """
    try:
        from pyarrow import ArrowException, types
        from pyarrow.parquet import ParquetFile, ParquetWriter
    except ImportError:
        return False
    try:
        schema = ParquetFile(pieces[0].path).schema_arrow
        if all(_is_plain(one.type) for one in schema):
            return False
        # the order of categories is that of a column's dictionary; making others, and packing, takes longest
        kept = [one.name for one in schema if types.is_dictionary(one.type)]
        with ParquetWriter(target, schema, compression="NONE", use_dictionary=kept or False) as writer:
            for one in pieces:
                for batch in ParquetFile(one.path).iter_batches():
                    writer.write_batch(batch)
    except (ArrowException, OSError, ValueError):
        return False
    return True


def _is_plain(kind: Any) -> bool:
    """Say whether DuckDB writes a column of a type of Arrow's as it was."""
    from pyarrow import types

    plain = ("integer", "float32", "float64", "boolean", "string", "large_string", "date32", "decimal")
    return any(getattr(types, f"is_{name}")(kind) for name in plain)


def _keep_notes(connection: Database, pieces: Sequence[Part]) -> str:
    """Write the option that keeps what pandas wrote of an index and of nullable types; "" where a piece has none."""
    found = connection.execute(
        select("key, value", f"parquet_kv_metadata([{', '.join(literal(one.path) for one in pieces)}])")
    ).fetchall()
    notes = [bytes(value).decode() for key, value in found if bytes(key) == b"pandas"]
    return f", KV_METADATA {{pandas: {literal(notes[0])}}}" if len(notes) == len(pieces) else ""


def is_whole(value: str) -> bool:
    """Say whether a text is a whole number as one is written: `007` is none, nor is what 64 bits do not hold."""
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 19 and str(int(value)) == value


def _read(pieces: Sequence[Part], shown: str) -> Sequence[Schema]:
    """Read the schemas of all files at once; UserError names the file that is damaged."""
    try:
        return read_schemas([one.path for one in pieces], shown)
    except UserError:
        for one in pieces:
            own_names(one.path, f"{shown}: {one.name}")
        raise


def _several(paths: Sequence[Path]) -> str:
    """Write the SQL that reads files of one schema, in the order in which they are named."""
    return parquet(paths[0]).replace(literal(paths[0]), f"[{', '.join(map(literal, paths))}]", 1)


def _describe(connection: Database, pieces: Sequence[Part], schemas: Sequence[Schema]) -> Sequence[_Described]:
    folders: dict[str, str] = {}
    for key, value in (named for one in pieces for named in one.values):
        whole = value is None or is_whole(value)  # as Spark, Hive and Arrow type them
        folders[key] = "BIGINT" if whole and folders.get(key, "BIGINT") == "BIGINT" else "VARCHAR"
    known: dict[Schema, dict[str, str]] = {}
    found = []
    for one, schema in zip(pieces, schemas, strict=True):
        if schema not in known:
            rows = connection.execute(f"DESCRIBE {select('*', parquet(one.path))}").fetchall()
            known[schema] = {str(name): str(kind) for name, kind, *_ in rows}
        own = known[schema]
        found.append(_Described(one, schema, own, {key: folders[key] for key, _ in one.values if key not in own}))
    return found


def _refuse_other_columns(found: Sequence[_Described], shown: str) -> None:
    first = found[0]
    for one in found:
        other = sorted({*one.kinds} ^ {*first.kinds})
        if other:
            said = f"its columns differ from those of {first.piece.name}: {', '.join(other[:8])}"
            raise UserError(
                f"{shown}: {one.piece.name}: {said}", hint="Write all parts of a table with the same columns."
            )


def _agree(connection: Database, found: Sequence[_Described], column: str, shown: str) -> str:
    """Give the kind of a column of the whole: that of the files in which it has a value."""
    kinds = {one.kinds[column] for one in found}
    if len({*map(_group, kinds)}) > 1:
        held = [one for one in found if _has_value(connection, one, column)]
        for one in held:
            kind, first = one.kinds[column], held[0].kinds[column]
            if _group(kind) != _group(first):
                said = f"the column {column} is {kind}, and in {held[0].piece.name} {first}"
                raise UserError(f"{shown}: {one.piece.name}: {said}", hint="Write a column in all parts with one type.")
        kinds = {one.kinds[column] for one in held} or {"VARCHAR"}
    if len(kinds) == 1:
        return kinds.pop()
    fractions = any(kind.startswith(("FLOAT", "DOUBLE", "DECIMAL")) for kind in kinds)
    return "" if fractions or not any(kind.startswith("U") for kind in kinds) else _ANY_WHOLE


def _has_value(connection: Database, one: _Described, column: str) -> bool:
    if column in one.folders:
        return dict(one.piece.values)[column] is not None
    value = quote(column)
    number = f" AND NOT isnan({value})" if one.own[column] in ("FLOAT", "DOUBLE") else ""
    rest = f"WHERE {value} IS NOT NULL{number} LIMIT 1"
    return bool(connection.execute(select("1", parquet(one.piece.path), rest)).fetchall())


def _group(kind: str) -> str:
    """Name what may stand in one column: numbers of any width, and else one type."""
    return "number" if kind.removeprefix("U").startswith(_NUMBERS) else kind


def _select(one: _Described, wholes: Mapping[str, str]) -> str:
    """Write what is taken of a file: the columns of the whole in its order, each of its kind ("": DuckDB's choice)."""
    given, what = dict(one.piece.values), []
    for name, whole in wholes.items():
        value, kind = quote(name), one.kinds[name]
        if name in one.folders:
            value = "NULL" if given[name] is None else literal(str(given[name]))
            value = f"CAST({value} AS {kind})"
        if whole and _group(kind) != _group(whole):
            value = f"CAST(NULL AS {whole})"
        elif whole and kind != whole:
            value = f"CAST({value} AS {whole})"
        what.append(f"{value} AS {quote(name)}")
    return ", ".join(what)
