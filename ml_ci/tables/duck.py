"""DuckDB, the way that tables use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


def connect(memory: int | None = None) -> DuckDBPyConnection:
    """Open a database in memory that loads no extension and keeps the order of rows; `memory` limits it, in bytes."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    if memory is not None:
        connection.execute(f"SET memory_limit = '{memory // (1 << 20)}MiB'")
    return connection


def literal(value: Path | str) -> str:
    """Write a text as an SQL literal; of a path, also keep DuckDB from reading it as a pattern of paths."""
    text = str(value)
    if isinstance(value, Path):
        text = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
    return "'" + text.replace("'", "''") + "'"


def as_text(expression: str) -> str:
    """Write the SQL of a value as text, "" where it is missing; trimming is left to Python, which is faster at it."""
    return f"coalesce(CAST({expression} AS VARCHAR), '')"


def trimmed(expression: str) -> str:
    """Write the SQL of a value as text without surrounding white space, "" where it is missing."""
    return f"trim({as_text(expression)}, {literal(WHITE_SPACE)})"


def select(what: str, source: str, rest: str = "") -> str:
    """Write a query; what it is made of are names of our own (c0, c1, ...) and literals, never a user's text."""
    return f"SELECT {what} FROM {source} {rest}"  # noqa: S608
