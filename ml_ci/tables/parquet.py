"""Rows of a Parquet file as texts, and a Parquet file cut in two."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ml_ci.tables.duck import Database, as_text, connect, literal, parquet, quoted, select, told
from ml_ci.tables.layout import Layout

BATCH = 10_000


def parquet_rows(path: Path, layout: Layout, shown: str) -> Iterator[tuple[Sequence[str], Callable[[], str]]]:
    """Give each row as texts ("" is missing), with what names it in a message."""
    names = [f"c{place}" for place in range(len(layout.names))]
    source = f"{parquet(path)} AS t({', '.join(names)})"
    with connect(shown=shown) as connection:
        connection.execute(select(", ".join(map(as_text, names)), source))
        row = 0
        while batch := connection.fetchmany(BATCH):
            for fields in batch:
                row += 1
                yield fields, _named(shown, row)


def _named(shown: str, row: int) -> Callable[[], str]:
    return lambda: f"{shown}, row {row}"


def split_parquet(
    source: Path, layout: Layout, mask: Sequence[bool], rest: Path | None, out: Path, blank: int | None
) -> None:
    """Write the rows where `mask` holds to `out`, with one column emptied, and the others to `rest`, in their order."""
    import numpy as np

    with connect(shown=source.name) as connection:
        connection.register("mask", {"belongs": np.asarray(mask, np.bool_)})
        connection.execute("CREATE TEMP TABLE kept AS SELECT belongs FROM mask")
        if rest is not None:
            _copy(connection, source, None, "NOT belongs", rest)
        _copy(connection, source, blank, "belongs", out)


def own_names(path: Path, shown: str) -> tuple[str, ...]:
    """Give the names of a file's columns as they are: DuckDB tells no `a` from an `A`, and calls one of them `A_1`."""
    query = select("name, num_children", f"parquet_schema({literal(path)})")
    with connect(shown=shown) as connection, told(shown, "cannot be read as Parquet"):
        schema = connection.raw.execute(query).fetchall()
    names, place = [], 1
    while place < len(schema):
        names.append(str(schema[place][0]))
        place = _behind(schema, place)
    return tuple(names)


def _behind(schema: Sequence[tuple[str, int | None]], place: int) -> int:
    """Give the place behind an element of a schema and all that is inside it."""
    inside = schema[place][1] or 0
    place += 1
    for _ in range(inside):
        place = _behind(schema, place)
    return place


def _copy(connection: Database, source: Path, blank: int | None, condition: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    names = own_names(source, source.name)
    columns = [f"c{place}" for place in range(len(names))]
    values = [f"CASE WHEN false THEN {one} END" if place == blank else one for place, one in enumerate(columns)]
    what = ", ".join(f"{value} AS {quoted(name)}" for value, name in zip(values, names, strict=True))
    numbered = f"{parquet(source)} AS t({', '.join(columns)}) POSITIONAL JOIN kept"
    connection.execute(
        f"COPY ({select(what, numbered, f'WHERE {condition}')}) TO {literal(str(partial))} (FORMAT parquet)"
    )
    os.replace(partial, target)  # noqa: PTH105
