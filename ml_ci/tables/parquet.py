"""Rows of a Parquet file as texts, and a Parquet file cut in two."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.tables.duck import as_text, connect, literal, select
from ml_ci.tables.layout import Layout

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 10_000


def parquet_rows(path: Path, layout: Layout, shown: str) -> Iterator[tuple[Sequence[str], Callable[[], str]]]:
    """Give each row as texts ("" is missing), with what names it in a message."""
    names = [f"c{place}" for place in range(len(layout.names))]
    source = f"read_parquet({literal(path)}) AS t({', '.join(names)})"
    with connect() as connection:
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

    with connect() as connection:
        connection.register("mask", {"belongs": np.asarray(mask, np.bool_)})
        connection.execute("CREATE TEMP TABLE kept AS SELECT belongs FROM mask")
        if rest is not None:
            _copy(connection, source, "* EXCLUDE (belongs)", "NOT belongs", rest)
        _copy(connection, source, _with_blank(connection, source, blank), "belongs", out)


def _with_blank(connection: DuckDBPyConnection, source: Path, blank: int | None) -> str:
    if blank is None:
        return "* EXCLUDE (belongs)"
    name = own_names(connection, source)[blank]
    return f"* EXCLUDE (belongs) REPLACE (CASE WHEN false THEN {name} END AS {name})"


def own_names(connection: DuckDBPyConnection, source: Path) -> tuple[str, ...]:
    """Give the names of a file's columns, quoted for SQL."""
    found = connection.execute(select("*", f"read_parquet({literal(source)})", "LIMIT 0")).description or ()
    return tuple('"' + column[0].replace('"', '""') + '"' for column in found)


def _copy(connection: DuckDBPyConnection, source: Path, what: str, condition: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    rows = select(what, f"read_parquet({literal(source)}) POSITIONAL JOIN kept", f"WHERE {condition}")
    connection.execute(f"COPY ({rows}) TO {literal(str(partial))} (FORMAT parquet)")
    os.replace(partial, target)  # noqa: PTH105
