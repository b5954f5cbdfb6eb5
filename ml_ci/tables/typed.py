"""Tables whose values have types, written as Parquet: JSON by DuckDB, Arrow by pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.duck import Database, connect, literal, select
from ml_ci.tables.known import ARROW, is_packed

_LINE = 1 << 26  # bytes of one object in a JSON file


def from_json(source: Path, target: Path, shown: str, bounds: Bounds | None = None) -> None:
    """Write JSON objects (a line each, or one array of them) as Parquet: numbers and truths typed, all else as text.

    UserError for what holds something else, and for keys that differ in the case of their letters only.
    """
    with connect(None if bounds is None else bounds.memory, shown=shown) as connection:
        read = _read_json(source, _LINE if bounds is None else min(_LINE, bounds.line))
        kinds = {str(name): _plain(str(kind)) for name, kind, *_ in _describe_json(connection, read, shown)}
        if bounds is not None:
            bounds.refuse_columns(list(kinds), shown)
        _refuse_renamed(connection, source, kinds, shown)
        typed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in kinds.items())
        query = select("*", f"{read}, columns = {{{typed}}})")
        connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")


def _read_json(source: Path, longest: int) -> str:
    """Begin the SQL that reads JSON; the first thousands of keys are columns, however few rows have each."""
    packed = "gzip" if is_packed(source) else "none"
    whole = "sample_size = -1, map_inference_threshold = -1, field_appearance_threshold = 0"
    options = f"records = true, maximum_object_size = {longest}, compression = '{packed}'"
    return f"read_json({literal(source)}, format = 'auto', {whole}, {options}"


def _describe_json(connection: Database, read: str, shown: str) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        return connection.execute(f"DESCRIBE {select('*', f'{read})')}").fetchall()
    except duckdb.BinderException:  # of the content: it is no object
        raise UserError(
            f"{shown} holds JSON that is no object", hint="Write an object a line, or one array of objects."
        ) from None


def _refuse_renamed(connection: Database, source: Path, names: Iterable[str], shown: str) -> None:
    """Refuse an `A` beside an `a`: DuckDB does not tell them apart, and would look for one of them as `A_1`."""
    known = {name.lower() for name in names}
    suspected = [name for name in names if name.lower().rpartition("_")[0] in known and name[-1:].isdigit()]
    if not suspected:
        return
    packed = "gzip" if is_packed(source) else "none"
    objects = f"read_json_objects({literal(source)}, format = 'auto', compression = '{packed}')"
    keys = f"({select('unnest(json_keys(json)) AS key', objects)})"
    refuse_alike([str(key) for (key,) in connection.execute(select("DISTINCT key", keys)).fetchall()], shown)


def refuse_alike(names: Iterable[str], shown: str) -> None:
    """Refuse columns whose names differ in the case of their letters only."""
    known: dict[str, str] = {}
    for name in sorted(names):
        if known.setdefault(name.lower(), name) != name:
            said = f"{shown}: the columns {known[name.lower()]} and {name} differ in the case of their letters only"
            raise UserError(said, hint="Rename one of them.")


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
            with files.ParquetWriter(target, _writable(opened.schema)) as writer:
                for batch in _batches(opened):
                    size += batch.nbytes
                    if bounds is not None:
                        bounds.refuse_size(size, shown)
                    writer.write_batch(_write_out(batch))
    except (pyarrow.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(f"{shown} cannot be read as Arrow: {said}", hint="Is the file whole? Write it again.") from None


def _writable(schema: Any) -> Any:
    """Give the schema that Parquet holds: it has no views, as which polars writes texts and the names of categories."""
    import pyarrow

    return pyarrow.schema([one.with_type(_written_out(one.type)) for one in schema], metadata=schema.metadata)


def _written_out(kind: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_dictionary(kind):
        return pyarrow.dictionary(kind.index_type, _written_out(kind.value_type), kind.ordered)
    views = {"string_view": pyarrow.large_string(), "binary_view": pyarrow.large_binary()}
    return views.get(str(kind), kind)


def _write_out(batch: Any) -> Any:
    import pyarrow

    columns = []
    for column in batch.columns:
        kind = _written_out(column.type)
        if kind != column.type and pyarrow.types.is_dictionary(kind):
            names = column.dictionary.cast(kind.value_type)
            columns.append(pyarrow.DictionaryArray.from_arrays(column.indices, names, ordered=kind.ordered))
        else:
            columns.append(column if kind == column.type else column.cast(kind))
    return pyarrow.RecordBatch.from_arrays(columns, schema=_writable(batch.schema))


def _batches(opened: Any) -> Any:
    if hasattr(opened, "num_record_batches"):
        return (opened.get_batch(place) for place in range(opened.num_record_batches))
    return opened


def count_rows(path: Path, kind: str) -> int:
    """Count the rows of an Arrow or JSON file."""
    if kind == "arrow":
        from pyarrow import feather, ipc

        with path.open("rb") as file:
            stream = file.read(4) == ARROW[2]
        if not stream:
            return int(feather.read_table(path).num_rows)
        with ipc.open_stream(path) as opened:
            return sum(int(batch.num_rows) for batch in opened)
    with connect(shown=path.name) as connection:
        found = connection.execute(select("count(*)", f"{_read_json(path, _LINE)})")).fetchone()
    return int(found[0]) if found else 0
