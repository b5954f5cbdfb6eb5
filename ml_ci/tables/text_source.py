"""The SQL that reads a text table in the one way in which DuckDB agrees with Python's csv module."""

from __future__ import annotations

from pathlib import Path

from ml_ci.tables.duck import literal
from ml_ci.tables.layout import Layout

MAX_LINE = 2_000_000  # DuckDB's own default


def text_source(path: Path, layout: Layout) -> str:
    """Write the SQL that reads a plain text with its columns as c0, c1, ..., all of them text."""
    return csv_source(path, len(layout.names), layout.delimiter or ",", layout.header, 2 * layout.longest)


def csv_source(path: Path, width: int, delimiter: str, header: bool, longest: int) -> str:
    """Write the SQL that reads a text of so many columns, whose longest record has so many bytes."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
    return (
        f"read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', comment = '', header = {str(header).lower()}, compression = 'none', "
        # the first line end that DuckDB sees may be one inside of quotes
        "new_line = '\\n', nullstr = '', ignore_errors = false, "
        "hive_partitioning = false, filename = false, union_by_name = false, "
        f"max_line_size = {max(MAX_LINE, longest)})"
    )
