"""Read live rows from PostgreSQL: one query in a transaction that cannot write, streamed to a file for DuckDB.

DuckDB's own extension for it is a download of its own, which many runners may not make; psycopg comes as a package.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables.duck import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 20
_ZONED, _NAIVE, _DAY = 1184, 1114, 1082  # pg_type.oid of timestamptz, timestamp, date
_TYPES = {
    16: "BOOLEAN",
    20: "BIGINT",
    21: "SMALLINT",
    23: "INTEGER",
    700: "FLOAT",
    701: "DOUBLE",
    1700: "DOUBLE",
    _ZONED: "TIMESTAMP WITH TIME ZONE",
    _NAIVE: "TIMESTAMP",
    _DAY: "DATE",
}


@dataclass(frozen=True)
class Fetched:
    """What PostgreSQL answered, in a file: `relation` is DuckDB's SQL for it, `types` DuckDB's types by column."""

    relation: str
    types: Mapping[str, str]


def fetch(query: str, variable: str, work: Path, environment: Mapping[str, str]) -> Fetched:
    """Ask PostgreSQL, by the connection that a variable of the environment holds; nothing of it is ever told.

    UserError when the variable is not set, psycopg is missing, the server does not answer, or refuses the query.
    """
    dsn = environment.get(variable, "")
    if not dsn:
        hint = f"Set {variable} to the connection, such as postgresql://reader@db.example.org/live, as a secret."
        raise UserError(f"the variable {variable} of dsn: is not set", hint=hint)
    file = work / f"rows-{len(list(work.iterdir()))}.csv"
    with _connected(dsn, variable) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}) AS asked LIMIT 0")  # noqa: S608 the user's own, which may only read
        described = [(str(column.name), int(column.type_code)) for column in cursor.description or ()]
        _refuse_twice([name for name, _ in described], variable)
        copy = f"COPY ({query}) TO STDOUT (FORMAT csv, NULL '', FORCE_QUOTE *)"
        with file.open("wb") as out, cursor.copy(copy) as answer:
            for block in answer:
                out.write(block)
    types = {name: _TYPES.get(oid, "VARCHAR") for name, oid in described}
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    pinned = "header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false"
    relation = f"read_csv({literal(file)}, {pinned}, auto_detect = false, columns = {{{columns}}})"
    return Fetched(relation, types)


def _refuse_twice(names: list[str], variable: str) -> None:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise UserError(
            f"the query of ${variable} gives two columns {quote(twice)}", hint="Name one of them otherwise."
        )


@contextmanager
def _connected(dsn: str, variable: str) -> Iterator[Any]:
    try:
        import psycopg
    except ImportError:
        hint = "Run: pip install 'ml-ci[postgres]'"
        raise UserError("PostgreSQL is read by psycopg, which is not installed", hint=hint) from None
    try:
        connection = psycopg.connect(dsn, connect_timeout=_SECONDS, application_name="ml-ci")
    except psycopg.Error as error:
        told = "" if isinstance(error, psycopg.ProgrammingError) else f": {_say(error, dsn)}"
        hint = f"Check the connection that the variable {variable} holds."
        raise UserError(f"PostgreSQL cannot be reached by ${variable}{told}", hint=hint) from None
    try:
        with connection:
            connection.read_only = True
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET datestyle = 'ISO'")
            connection.execute("SET extra_float_digits = 3")
            yield connection
    except psycopg.Error as error:
        hint = "Mend `sql:` under `live:` in ml-ci.yaml: one select."
        raise UserError(f"PostgreSQL refuses the query: {_say(error, dsn)}", hint=hint) from None


def _say(error: Exception, dsn: str) -> str:
    """Give the first line of an error without any part of the connection that is longer than a word."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    for secret in _secrets(dsn):
        line = line.replace(secret, "***")
    return line[:300]


def _secrets(dsn: str) -> list[str]:
    from psycopg import conninfo

    try:
        found = conninfo.conninfo_to_dict(dsn)
    except Exception:
        return [dsn]
    return [dsn, *(str(value) for key, value in found.items() if key == "password" and value)]
