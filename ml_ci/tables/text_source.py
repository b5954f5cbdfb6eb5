"""The SQL that reads a text table in the one way in which DuckDB agrees with Python's csv module."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ml_ci.tables.duck import literal
from ml_ci.tables.layout import Layout

MAX_LINE = 2_000_000  # DuckDB's own default


def text_source(path: Path, layout: Layout, numbers: Collection[int] = (), *, few: bool = False) -> str:
    """Write the SQL that reads a plain text with its columns as c0, c1, ..., all of them text.

    Those at the places `numbers` are read as DOUBLE, as a cast of their texts would be: an error where one is none.
    With `few` the first rows are had in a third of the time, and all of them in more.
    """
    longest = 2 * layout.longest
    source = csv_source(path, len(layout.names), layout.delimiter or ",", layout.header, longest, numbers)
    # DuckDB's own are 16 times the longest line, which is read and laid out before the first row comes
    return f"{source[:-1]}, buffer_size = {2 * max(MAX_LINE, longest)})" if few else source


def csv_source(
    path: Path, width: int, delimiter: str, header: bool, longest: int, numbers: Collection[int] = ()
) -> str:
    """Write the SQL that reads a text of so many columns, whose longest record has so many bytes; see `text_source`."""
    kinds = ("DOUBLE" if place in numbers else "VARCHAR" for place in range(width))
    columns = ", ".join(f"'c{place}': '{kind}'" for place, kind in enumerate(kinds))
    return (
        f"read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', comment = '', header = {str(header).lower()}, compression = 'none', "
        # the first line end that DuckDB sees may be one inside of quotes
        "new_line = '\\n', nullstr = '', ignore_errors = false, "
        "hive_partitioning = false, filename = false, union_by_name = false, "
        f"max_line_size = {max(MAX_LINE, longest)})"
    )
