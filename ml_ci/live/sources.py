"""Open what `live:` names as a relation that DuckDB can query, with the type of each column."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live import lines, postgres, remote
from ml_ci.live.remote import NothingThereError
from ml_ci.spec.live import LiveSource, LiveSpec
from ml_ci.spec.paths import is_url
from ml_ci.spec.problems import shorten, show, suggest
from ml_ci.tables.duck import Database, literal, quote, select

if TYPE_CHECKING:
    import duckdb

_FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}
_PACKED = (".gz", ".zst")
_MOMENTS = ("TIMESTAMP", "DATE", "TIME")


@dataclass(frozen=True)
class Opened:
    """A source that can be queried: `relation` is SQL, `types` are DuckDB's by column; `shown` is its name."""

    relation: str
    types: Mapping[str, str]
    shown: str

    @property
    def listed(self) -> str:
        """The names of its first columns, for messages: they come from outside."""
        return ", ".join(shorten(name) for name in list(self.types)[:20])

    def has(self, column: str) -> bool:
        """Say whether there is a column of this name."""
        return column in self.types

    def find(self, column: str, key: str) -> str:
        """Give the quoted name of a column that `live:` names by a key; UserError with a suggestion when it lacks."""
        if column in self.types:
            return quote(column)
        hint = suggest(column, self.types) or f"; its columns are {self.listed}"
        message = f"{self.shown} has no column {show(column)}{hint}"
        raise UserError(message, hint=f"Name the column by `{key}:` in ml-ci.yaml, or rename it by `sql:`.")


@dataclass(frozen=True)
class Surroundings:
    """Where sources of `live` are opened: relative to `folder`, with what is brought below `work`; `environment` has
    the connections of databases."""

    live: LiveSpec
    folder: Path
    work: Path
    environment: Mapping[str, str]


def open_source(source: LiveSource, database: Database, around: Surroundings) -> Opened:
    """Open a source; UserError names what is not there, or cannot be read, and what to do.

    Texts of files are read as they stand: whether a time has a zone is seen in it. A relative path, in a query too,
    begins in the project's folder.
    """
    if source.sql is not None and source.dsn is not None:
        found = postgres.fetch(source.sql, source.dsn, around.work, around.environment)
        return Opened(found.relation, found.types, f"the query of ${source.dsn}")
    if source.sql is not None:
        return _open_query(source.sql, database, around)
    files = find_files(source.path or "", around)
    shown = source.text
    if source.format is not None:
        return _describe(lines.read(around.live, files, around.work, shown), database, shown)
    return _open_files(files, database, shown)


def find_files(path: str, around: Surroundings) -> list[Path]:
    """Give the files of a path, glob, folder or URL, sorted; UserError when there is none.

    Of a folder, those of the kinds that are read, at any depth; never one whose name begins with a dot or an
    underscore: so are files called while they are written.
    """
    if is_url(path):
        return remote.bring(path, around.work)
    whole = around.folder / path
    if whole.is_dir():
        found = [one for one in whole.rglob("*") if one.is_file() and _format(one) and not _is_hidden(one, whole)]
    else:
        names = glob.glob(path, root_dir=around.folder, recursive=True)  # noqa: PTH207 a path may be absolute
        files = (around.folder / one for one in names if not Path(one).name.startswith((".", "_")))
        found = [one for one in files if one.is_file()]
        found = [whole] if whole.is_file() else found
    if not found:
        there = "the folder is empty" if whole.is_dir() else "there is no such file"
        raise NothingThereError(f"no live rows at {path}: {there}", hint="Check `path:` under `live:` in ml-ci.yaml.")
    return sorted(found)


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _format(file: Path) -> str | None:
    suffixes = [one.lower() for one in file.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes = suffixes[:-1]
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def _open_files(files: Sequence[Path], database: Database, shown: str) -> Opened:
    formats = {_format(file) for file in files}
    unknown = next((file for file in files if _format(file) is None), None)
    if unknown is not None:
        known = ", ".join(_FORMATS)
        raise UserError(f"{unknown.name}: not a kind of file that is read", hint=f"Known are {known}.")
    if len(formats) > 1:
        hint = "Let `path:` name one kind, such as logs/*.parquet."
        raise UserError(f"{shown} names files of several kinds: {', '.join(sorted(map(str, formats)))}", hint=hint)
    listed = f"[{', '.join(literal(file) for file in files)}]"
    if formats == {"parquet"}:
        pinned = "hive_partitioning = false, filename = false, union_by_name = true"
        return _describe(f"read_parquet({listed}, {pinned})", database, shown)
    if formats == {"csv"}:
        pinned = "header = true, all_varchar = true, union_by_name = true, hive_partitioning = false"
        return _describe(f"read_csv({listed}, {pinned})", database, shown)
    return _open_json(listed, database, shown)


def _open_json(listed: str, database: Database, shown: str) -> Opened:
    """Read JSON Lines twice: first for its columns, then with every time as the text that it is."""
    pinned = "format = 'auto', union_by_name = true, hive_partitioning = false, maximum_sample_files = 100000"
    found = _describe(f"read_json({listed}, {pinned}, sample_size = -1)", database, shown)
    types = {name: "VARCHAR" if kind.startswith(_MOMENTS) else kind for name, kind in found.types.items()}
    columns = ", ".join(f"{quote(name)}: {literal(kind)}" for name, kind in types.items())
    return Opened(f"read_json({listed}, {pinned}, columns = {{{columns}}})", types, shown)


def _open_query(query: str, database: Database, around: Surroundings) -> Opened:
    shown = "the query under sql:"
    with _told_of(shown):
        _refuse_all_but_select(query, database.raw, shown)
        database.execute(f"SET file_search_path = {literal(str(around.folder))}")
        return _describe(f"({query})", database, shown)


def _refuse_all_but_select(query: str, connection: duckdb.DuckDBPyConnection, shown: str) -> None:
    import duckdb

    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"{shown} is no single select", hint="Live rows are read only: keep one select.")


def _describe(relation: str, database: Database, shown: str) -> Opened:
    with _told_of(shown):
        found = database.raw.execute(f"DESCRIBE {select('*', relation)}").fetchall()
    types = {str(row[0]): str(row[1]) for row in found}
    if not types:
        raise UserError(f"{shown} has no columns", hint="Live rows have columns for id, time and score.")
    return Opened(relation, types, shown)


@contextmanager
def _told_of(shown: str) -> Iterator[None]:
    """Tell what is wrong in the user's query, or with the user's files, as the user's."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        message = (str(error).strip().splitlines() or ["it cannot be read"])[0]
        raise UserError(f"{shown} cannot be read: {message}", hint="Mend it under `live:` in ml-ci.yaml.") from None
