"""A Parquet file's own names, and rows taken out of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.tables import arrow_rows
from ml_ci.tables.duck import connect, explain, literal, parquet, quote, select

# The elements of a schema, the first of which is its root: the name, how many elements are inside, and the types.
Schema: TypeAlias = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Taken:
    """Say which rows of a Parquet file are taken: those `wanted` among `flags` (a file, a byte per row; None: all).

    `column` is the place of one that is emptied, or left out where `leave_out` says so.
    """

    flags: Path | None = None
    wanted: int = 1
    column: int | None = None
    leave_out: bool = False


def take(source: Path, target: Path, taken: Taken, python: Path | None = None) -> None:
    """Write rows of a Parquet file to `target`, in their order.

    With pyarrow, here or in the Python of the job (`python`), all stays that pandas and Arrow wrote beside the rows: an
    index, categories, nullable types, zones. Without it there is nobody who reads that, and DuckDB writes them.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    order: dict[str, object] = {
        "source": str(source),
        "target": str(partial),
        "flags": None if taken.flags is None else str(taken.flags),
        "wanted": taken.wanted,
        "column": taken.column,
        "leave_out": taken.leave_out,
    }
    if not _by_arrow(order) and not (python is not None and _by_job(python, order, partial)):
        _by_duckdb(source, partial, taken)
    os.replace(partial, target)  # noqa: PTH105


def own_names(path: Path, shown: str) -> tuple[str, ...]:
    """Give the names of a file's columns as they are: DuckDB tells no `a` from an `A`, and calls one of them `A_1`."""
    return names_of(read_schemas([path], shown)[0])


def read_schemas(paths: Sequence[Path], shown: str) -> list[Schema]:
    """Read what each of some files says of its columns, all at once; equal schemas are equal."""
    what = "name, num_children, type, type_length, repetition_type, converted_type, scale, precision, logical_type"
    query = select(f"file_name, {what}", f"parquet_schema({_list(paths)})")
    with connect(shown=shown) as connection, explain(shown, "cannot be read as Parquet"):
        found = connection.raw.execute(query).fetchall()
    by_file: dict[str, list[tuple[Any, ...]]] = {}
    for name, *element in found:
        by_file.setdefault(str(name), []).append(tuple(element))
    return [tuple(by_file[str(path)]) for path in paths]


def names_of(schema: Schema) -> tuple[str, ...]:
    """Give the names of the columns of a schema, without what is inside them."""
    names, place = [], 1
    while place < len(schema):
        names.append(str(schema[place][0]))
        place = _behind(schema, place)
    return tuple(names)


def measure_unpacked(paths: Sequence[Path], shown: str) -> int:
    """Give the bytes of the columns of some files, unpacked, as their own account of them has it."""
    query = select("coalesce(sum(total_uncompressed_size), 0)", f"parquet_metadata({_list(paths)})")
    with connect(shown=shown) as connection, explain(shown, "cannot be read as Parquet"):
        found = connection.raw.execute(query).fetchone()
    return max(0, int(found[0])) if found else 0


def count_rows(paths: Sequence[Path], shown: str) -> list[int]:
    """Count the rows of each of some files, as their own account of them has it, all at once."""
    query = select("file_name, num_rows", f"parquet_file_metadata({_list(paths)})")
    with connect(shown=shown) as connection, explain(shown, "cannot be read as Parquet"):
        found = {str(name): int(rows) for name, rows in connection.raw.execute(query).fetchall()}
    return [found[str(path)] for path in paths]


def _list(paths: Sequence[Path]) -> str:
    return f"[{', '.join(map(literal, paths))}]"


def _behind(schema: Schema, place: int) -> int:
    """Give the place behind an element of a schema and all that is inside it."""
    inside = schema[place][1] or 0
    place += 1
    for _ in range(inside):
        place = _behind(schema, place)
    return place


def _by_arrow(order: dict[str, object]) -> bool:
    """Take rows in this process; False where there is no pyarrow, or it cannot read what DuckDB can."""
    if importlib.util.find_spec("pyarrow") is None:
        return False
    try:
        arrow_rows.take_rows(order)
    except Exception:  # whatever pyarrow and its C++ raise; DuckDB then takes the rows or says what is wrong
        return False
    return True


@cache
def _has_arrow(python: Path) -> bool:
    asked = (str(python), "-I", "-c", "import pyarrow.parquet")
    return subprocess.run(asked, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def _by_job(python: Path, order: dict[str, object], partial: Path) -> bool:
    if not _has_arrow(python):
        return False
    written = partial.with_name(partial.name + ".json")
    written.write_text(json.dumps(order), encoding="utf-8")
    argv = (str(python), "-I", arrow_rows.__file__, str(written))
    done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL)
    written.unlink()
    return done.returncode == 0


def _by_duckdb(source: Path, target: Path, taken: Taken) -> None:
    import numpy as np

    names = own_names(source, source.name)
    columns = [f"c{place}" for place in range(len(names))]
    kept = [place for place in range(len(names)) if not (taken.leave_out and place == taken.column)]
    values = [f"CASE WHEN false THEN {columns[at]} END" if at == taken.column else columns[at] for at in kept]
    what = ", ".join(f"{value} AS {quote(names[at])}" for at, value in zip(kept, values, strict=True))
    rows, condition = f"{parquet(source)} AS t({', '.join(columns)})", ""
    with connect(shown=source.name) as connection:
        if taken.flags is not None:
            connection.register("given", {"flag": np.fromfile(taken.flags, np.uint8)})
            connection.execute("CREATE TEMP TABLE flags AS SELECT flag FROM given")
            rows, condition = f"{rows} POSITIONAL JOIN flags", f"WHERE flag = {taken.wanted}"
        connection.execute(f"COPY ({select(what, rows, condition)}) TO {literal(str(target))} (FORMAT parquet)")
