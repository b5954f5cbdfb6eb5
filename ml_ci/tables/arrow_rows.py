"""Take rows of a Parquet file with all that pandas and Arrow wrote beside them: `PYTHON arrow_rows.py ORDER.json`.

It needs pyarrow, no other library, and Python 3.8: the Python of the job runs it where that of ml-ci has no pyarrow.
"""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def take_rows(order: Any) -> None:
    """Write rows of `source` to `target`: those that are `wanted` among the `flags` (a byte per row; None: all).

    `column` is the place of one whose values are emptied, or that is left out where `leave_out` says so.
    """
    import pyarrow.parquet as parquet

    flags = None
    if order["flags"] is not None:
        with open(order["flags"], "rb") as stream:
            flags = stream.read()
    with parquet.ParquetFile(order["source"]) as file:
        names = set(file.schema_arrow.names)
        said = json.loads((file.schema_arrow.metadata or {}).get(b"pandas", b"{}"))
        index = _index(said, names, flags is not None)
        rows = file.metadata.num_rows if flags is None else flags.count(bytes([order["wanted"]]))
        writer, first = None, 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            count = table.num_rows
            table = _indexed(table, index, first)
            if flags is not None:
                table = table.filter(_mask(flags[first : first + count], order["wanted"]))
            table = _describe(_edit(table, order), said, index, rows)
            if writer is None:
                writer = parquet.ParquetWriter(order["target"], table.schema, compression=_compression(file))
            if table.num_rows:
                writer.write_table(table)
            first += count
        if writer is not None:
            writer.close()


def _mask(flags: bytes, wanted: int) -> Any:
    import pyarrow as arrow

    return arrow.array([flag == wanted for flag in flags], arrow.bool_())


def _compression(file: Any) -> str:
    if not file.num_row_groups or not file.metadata.num_columns:
        return "snappy"
    kind = file.metadata.row_group(0).column(0).compression.lower()
    return kind if kind in ("snappy", "gzip", "brotli", "zstd", "lz4") else "none"


def _index(said: Any, names: set[str], cut: bool) -> Any:
    """Give an index that is kept as a range, and a name for it as a column: of some rows only it is one no more.

    None where there is none, and where it only numbers the rows from 0: rows are numbered anew.
    """
    levels = said.get("index_columns", [])
    if not cut or len(levels) != 1 or not isinstance(levels[0], dict) or levels[0].get("kind") != "range":
        return None
    level = levels[0]
    if level.get("name") is None and level["start"] == 0 and level["step"] == 1:
        return None
    name = "__index_level_0__" if level.get("name") in (None, *names) else str(level["name"])
    return dict(level, column=name)


def _indexed(table: Any, index: Any, first: int) -> Any:
    if index is None:
        return table
    import pyarrow as arrow

    start = index["start"] + first * index["step"]
    values = range(start, start + table.num_rows * index["step"], index["step"])
    return table.append_column(index["column"], arrow.array(list(values), arrow.int64()))


def _edit(table: Any, order: Any) -> Any:
    """Empty a column, or leave it out."""
    place = order["column"]
    if place is None:
        return table
    if order["leave_out"]:
        return table.remove_column(place)
    import pyarrow as arrow

    field = table.schema.field(place)
    return table.set_column(place, field.with_nullable(True), arrow.nulls(table.num_rows, field.type))


def _describe(table: Any, said: Any, index: Any, rows: int) -> Any:
    """Let what pandas wrote beside the table say what became of it."""
    if not said:
        return table
    kept = set(table.schema.names)
    now = dict(said, columns=[one for one in said.get("columns", []) if one.get("field_name", one["name"]) in kept])
    now["index_columns"] = [
        dict(level, stop=level["start"] + rows * level["step"]) if isinstance(level, dict) else level
        for level in said.get("index_columns", [])
        if isinstance(level, dict) or level in kept
    ]
    if index is not None:
        named = {"name": index["name"], "field_name": index["column"], "metadata": None}
        now["columns"] = [*now["columns"], dict(named, pandas_type="int64", numpy_type="int64")]
        now["index_columns"] = [index["column"]]
    return table.replace_schema_metadata({**table.schema.metadata, b"pandas": json.dumps(now)})


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as _order:
        take_rows(json.load(_order))
