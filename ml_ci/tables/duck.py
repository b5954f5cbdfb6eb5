"""DuckDB, the way that tables use it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import UserError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_SPACES = "[" + "".join(f"\\x{{{ord(one):x}}}" for one in WHITE_SPACE) + "]"
# Nothing of a path, of the machine or of its locale decides how a value is read.
_PINNED = (
    "SET enable_progress_bar = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET preserve_insertion_order = true",
)


class Database:
    """Ask DuckDB; UserError names the table `shown` where its content, memory or the disk do not allow an answer.

    What is wrong in a query of our own (its syntax, a name that it has not) stays DuckDB's error.
    """

    def __init__(self, raw: DuckDBPyConnection, shown: str) -> None:
        self.raw = raw
        self._shown = shown

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the database holds."""
        self.raw.close()

    def execute(self, query: str) -> Database:
        """Run a query; what it found is fetched from here."""
        with explain(self._shown):
            self.raw.execute(query)
        return self

    def register(self, name: str, columns: Mapping[str, Any]) -> None:
        """Let queries read arrays under a name."""
        self.raw.register(name, dict(columns))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, None behind the last."""
        with explain(self._shown):
            found: tuple[Any, ...] | None = self.raw.fetchone()
        return found

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give all rows that are left."""
        with explain(self._shown):
            return list(self.raw.fetchall())

    def fetchmany(self, rows: int) -> list[tuple[Any, ...]]:
        """Give the next rows, at most so many; none behind the last."""
        with explain(self._shown):
            return list(self.raw.fetchmany(rows))

    def fetchnumpy(self) -> Mapping[str, Any]:
        """Give the columns as arrays."""
        with explain(self._shown):
            return dict(self.raw.fetchnumpy())

    @property
    def description(self) -> Sequence[tuple[Any, ...]]:
        """Describe the columns of the last query: the name is the first of each."""
        return self.raw.description or ()


def connect(memory: int | None = None, *, shown: str = "a table") -> Database:
    """Open a database in memory that loads no extension and keeps the order of rows; `memory` limits it, in bytes.

    `shown` is what is read with it, for messages.
    """
    import duckdb

    connection = duckdb.connect(":memory:")
    # DuckDB's own choice is `.tmp` in the current folder: the user's repository.
    spill = Path(tempfile.gettempdir()) / f"ml-ci-duckdb-{os.getpid()}-{id(connection):x}"
    for setting in (*_PINNED, f"SET temp_directory = {literal(str(spill))}"):
        connection.execute(setting)
    _pin_time_zone(connection)
    if memory is not None:
        connection.execute(f"SET memory_limit = '{memory // (1 << 20)}MiB'")
    return Database(connection, shown)


def _pin_time_zone(connection: DuckDBPyConnection) -> None:
    """Write moments in UTC, whatever zone the machine is in; a DuckDB without zones knows no other."""
    import duckdb

    try:
        connection.execute("SET TimeZone = 'UTC'")
    except duckdb.CatalogException:
        return


@contextmanager
def explain(shown: str, failed: str = "cannot be read") -> Iterator[None]:
    """Turn what DuckDB raises about a table into the user's error, which says what to do."""
    import duckdb

    try:
        yield
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException):
        raise
    except duckdb.OutOfMemoryException as error:
        raise UserError(f"{shown}: {_first_line(error)}", hint="Free memory or disk, or give fewer rows.") from None
    except duckdb.Error as error:
        hint = "Is the file whole, and is there room on the disk? Writing it again as CSV or Parquet helps most often."
        raise UserError(f"{shown} {failed}: {_first_line(error)}", hint=hint) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def literal(value: Path | str) -> str:
    """Write a text as an SQL literal; of a path, also keep DuckDB from reading it as a pattern of paths."""
    text = str(value)
    if isinstance(value, Path):
        text = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
    return "'" + text.replace("'", "''") + "'"


def parquet(path: Path) -> str:
    """Write the SQL that reads a Parquet file: its own columns, and none that a `key=value` in its path would add."""
    pinned = "hive_partitioning = false, filename = false, file_row_number = false, union_by_name = false"
    return f"read_parquet({literal(path)}, {pinned})"


def quote(name: str) -> str:
    """Write a name of the user's as an SQL name."""
    return '"' + name.replace('"', '""') + '"'


def as_text(expression: str) -> str:
    """Write the SQL of a value as text, "" where it is missing; trimming is left to Python, which is faster at it."""
    return f"coalesce(CAST({expression} AS VARCHAR), '')"


def trim(expression: str) -> str:
    """Write the SQL of a value as text without surrounding white space, "" where it is missing."""
    return unpad(as_text(expression))


def unpad(text: str) -> str:
    """Write the SQL of a text without surrounding white space.

    Looking for it takes a twentieth of the time that trimming every kind of it takes.
    """
    padded = f"regexp_matches({text}, {literal(f'^{_SPACES}|{_SPACES}$')})"
    return f"CASE WHEN {padded} THEN trim({text}, {literal(WHITE_SPACE)}) ELSE {text} END"


def select(what: str, source: str, rest: str = "") -> str:
    """Write a query; what it is made of are names of our own (c0, c1, ...) and literals, never a user's text."""
    return f"SELECT {what} FROM {source} {rest}"  # noqa: S608
