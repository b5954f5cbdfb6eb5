"""Tables whose values have types, written as Parquet: JSON by DuckDB, Arrow by pyarrow, and several files as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.duck import connect, literal, parquet, quote, select
from ml_ci.tables.known import ARROW

_LINE = 1 << 26  # bytes of one object in a JSON file

Named = tuple[tuple[str, str], ...]


def from_json(source: Path, target: Path, shown: str, bounds: Bounds | None = None) -> None:
    """Write JSON objects (a line each, or one array of them) as Parquet: numbers and truths typed, all else as text."""
    with connect(None if bounds is None else bounds.memory, shown=shown) as connection:
        options = f"records = true, maximum_object_size = {_LINE if bounds is None else min(_LINE, bounds.line)}"
        read = f"read_json({literal(source)}, format = 'auto', sample_size = -1, {options}"
        kinds = connection.execute(f"DESCRIBE {select('*', f'{read})')}").fetchall()
        if bounds is not None:
            bounds.refuse_columns([str(kind[0]) for kind in kinds], shown)
        typed = ", ".join(f"{literal(str(name))}: '{_plain(str(kind))}'" for name, kind, *_ in kinds)
        _copy(connection, select("*", f"{read}, columns = {{{typed}}})"), target)


def _plain(kind: str) -> str:
    """Keep texts that look like moments as the texts that they are, and write nested values as JSON."""
    kept = kind in ("BOOLEAN", "DOUBLE", "BIGINT", "UBIGINT", "INTEGER")
    return kind if kept else "VARCHAR"


def from_arrow(source: Path, target: Path, shown: str, bounds: Bounds | None = None) -> None:
    """Write a Feather or Arrow file as Parquet, with all that its schema says; UserError where pyarrow is missing."""
    try:
        import pyarrow
        from pyarrow import feather, ipc
        from pyarrow import parquet as files
    except ImportError:
        message = f"{shown} is an Arrow file, and reading it needs pyarrow beside ml-ci"
        raise UserError(message, hint="pip install pyarrow, or write the table as Parquet.") from None
    size = 0
    try:
        with source.open("rb") as file:
            start = file.read(8)
        if start.startswith(b"FEA1"):
            files.write_table(feather.read_table(source), target)
            return
        with pyarrow.memory_map(str(source)) as mapped:
            opened = ipc.open_file(mapped) if start.startswith(b"ARROW1") else ipc.open_stream(mapped)
            with files.ParquetWriter(target, opened.schema) as writer:
                for batch in _batches(opened):
                    size += batch.nbytes
                    if bounds is not None:
                        bounds.refuse_size(size, shown)
                    writer.write_batch(batch)
    except (pyarrow.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(f"{shown} cannot be read as Arrow: {said}", hint="Is the file whole? Write it again.") from None


def _batches(opened: Any) -> Any:
    if hasattr(opened, "num_record_batches"):
        return (opened.get_batch(place) for place in range(opened.num_record_batches))
    return opened


def join(parts: Sequence[tuple[Path, str, Named]], target: Path, shown: str) -> None:
    """Write several Parquet files as one, in their order, with the values that their folders are named after.

    UserError where one has other columns than the first.
    """
    with connect(shown=shown) as connection:
        first: list[str] = []
        kinds: dict[str, str] = {}
        for path, name, values in parts:
            found = connection.execute(f"DESCRIBE {select('*', parquet(path))}").fetchall()
            columns = [str(one[0]) for one in found] + [
                key for key, _ in values if key not in {one[0] for one in found}
            ]
            first = first or columns
            other = sorted({*columns} ^ {*first})
            if other:
                said = f"its columns differ from those of {parts[0][1]}: {', '.join(other[:8])}"
                raise UserError(f"{shown}: {name}: {said}", hint="Write all parts of a table with the same columns.")
            for column, kind, *_ in found:
                if _group(kinds.setdefault(str(column), str(kind))) != _group(str(kind)):
                    said = f"the column {column} is {kind}, and in {parts[0][1]} {kinds[str(column)]}"
                    raise UserError(f"{shown}: {name}: {said}", hint="Write a column in all parts with one type.")
        queries = [_select(path, values, first) for path, _, values in parts]
        _copy(connection, " UNION ALL BY NAME ".join(queries), target)


def _group(kind: str) -> str:
    """Name what may stand in one column: numbers of any width, and else one type."""
    numbers = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT")
    return "number" if kind.removeprefix("U").startswith(numbers) else kind


def _select(path: Path, values: Named, columns: Sequence[str]) -> str:
    given = dict(values)
    with connect() as connection:
        own = {str(one[0]) for one in connection.execute(f"DESCRIBE {select('*', parquet(path))}").fetchall()}
    what = [quote(name) if name in own else f"{literal(given[name])} AS {quote(name)}" for name in columns]
    return select(", ".join(what), parquet(path))


def count_rows(path: Path, kind: str) -> int:
    """Count the rows of a Parquet, Arrow or JSON file."""
    if kind == "arrow":
        from pyarrow import feather, ipc

        with path.open("rb") as file:
            stream = file.read(4) == ARROW[2]
        if not stream:
            return int(feather.read_table(path).num_rows)
        with ipc.open_stream(path) as opened:
            return sum(int(batch.num_rows) for batch in opened)
    source = parquet(path) if kind == "parquet" else f"read_json({literal(path)}, format = 'auto', records = true)"
    with connect(shown=path.name) as connection:
        found = connection.execute(select("count(*)", source)).fetchone()
    return int(found[0]) if found else 0


def _copy(connection: Any, query: str, target: Path) -> None:
    connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
