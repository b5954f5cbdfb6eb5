"""DuckDB, the way that tables use it."""

from __future__ import annotations

import os
import sys
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
    "RESET memory_limit",
)
# Databases that nobody uses now, by the process that opened them: in a fork no thread works for one, nor ends it.
_IDLE: dict[int, list[DuckDBPyConnection]] = {}
_MOST_IDLE = 4


class Database:
    """Ask DuckDB; UserError names the table `shown` where its content, memory or the disk do not allow an answer.

    What is wrong in a query of our own (its syntax, a name that it has not) stays DuckDB's error.
    """

    def __init__(self, raw: DuckDBPyConnection, shown: str) -> None:
        self._opened: DuckDBPyConnection | None = raw
        self._owner = os.getpid()
        self.raw = raw.cursor()
        self._shown = shown
        self._is_sound = True

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._is_sound &= kind is None
        self.close()

    def __del__(self) -> None:
        """Be used again, too, where nobody closes it: a table holds its database until the collector takes both."""
        if self._opened is not None and self._owner == os.getpid() and not sys.is_finalizing():
            self.close()

    def close(self) -> None:
        """Give back what the database holds; one that failed at nothing is used again."""
        self.raw.close()
        opened, self._opened = self._opened, None
        if opened is None:
            return
        if self._is_sound and len(_idle()) < _MOST_IDLE:
            _idle().append(opened)
        else:
            opened.close()

    def execute(self, query: str) -> Database:
        """Run a query; what it found is fetched from here."""
        with self._asking():
            self.raw.execute(query)
        return self

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            with explain(self._shown):
                yield
        except BaseException:
            self._is_sound = False
            raise

    def register(self, name: str, columns: Mapping[str, Any]) -> None:
        """Let queries read arrays under a name."""
        self.raw.register(name, dict(columns))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, None behind the last."""
        with self._asking():
            found: tuple[Any, ...] | None = self.raw.fetchone()
        return found

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give all rows that are left."""
        with self._asking():
            return list(self.raw.fetchall())

    def fetchmany(self, rows: int) -> list[tuple[Any, ...]]:
        """Give the next rows, at most so many; none behind the last."""
        with self._asking():
            return list(self.raw.fetchmany(rows))

    def fetchnumpy(self) -> Mapping[str, Any]:
        """Give the columns as arrays."""
        with self._asking():
            return dict(self.raw.fetchnumpy())

    @property
    def description(self) -> Sequence[tuple[Any, ...]]:
        """Describe the columns of the last query: the name is the first of each."""
        return self.raw.description or ()


def connect(memory: int | None = None, *, shown: str = "a table") -> Database:
    """Open a database in memory that loads no extension and keeps the order of rows; `memory` limits it, in bytes.

    `shown` is what is read with it, for messages. What one use of a database leaves (temporary tables, settings) is
    gone before the next: opening one takes 15 ms, which a run would pay for each table.
    """
    found = Database(_take() or _open(), shown)
    for setting in _PINNED:
        found.raw.execute(setting)
    _pin_time_zone(found.raw)
    if memory is not None:
        found.raw.execute(f"SET memory_limit = '{memory // (1 << 20)}MiB'")
    return found


def _idle() -> list[DuckDBPyConnection]:
    return _IDLE.setdefault(os.getpid(), [])


def _take() -> DuckDBPyConnection | None:
    try:
        return _idle().pop()
    except IndexError:  # asked beforehand, another thread could take the last in between
        return None


def _open() -> DuckDBPyConnection:
    import duckdb

    opened = duckdb.connect(":memory:")
    # DuckDB's own choice is `.tmp` in the current folder: the user's repository.
    spill = Path(tempfile.gettempdir()) / f"ml-ci-duckdb-{os.getpid()}-{id(opened):x}"
    opened.execute(f"SET temp_directory = {literal(str(spill))}")
    _keep_no_file(opened)
    return opened


def _keep_no_file(connection: DuckDBPyConnection) -> None:
    """Read each file anew: another may have its name and its time by then. Before 1.3 no file was kept."""
    import duckdb

    try:
        connection.execute("SET enable_external_file_cache = false")
    except duckdb.CatalogException:
        return


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


def parquet(path: Path, *, numbered: bool = False) -> str:
    """Write the SQL that reads a Parquet file: its own columns, and none that a `key=value` in its path would add.

    `numbered` adds a column `file_row_number`, from 0.
    """
    pinned = (
        f"hive_partitioning = false, filename = false, file_row_number = {str(numbered).lower()}, union_by_name = false"
    )
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
