"""What names a row: by which type ids are compared."""

from __future__ import annotations

from ml_ci.live.sources import Opened

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_BROKEN = ("FLOAT", "DOUBLE", "DECIMAL")


def write_id(opened: Opened, column: str) -> str:
    """Write the SQL of an id as text: of a number without a point where it is whole, as a table of floats has it."""
    name, kind = opened.find(column, "id"), opened.types[column]
    if kind.startswith(_BROKEN):
        whole = f"CAST(CAST({name} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {name} = trunc({name}) THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    if kind == "VARCHAR":
        return name
    return f"CAST({name} AS VARCHAR)"


def say_type(opened: Opened, column: str) -> str:
    """Say of which type ids are, in words: `whole numbers (BIGINT)`."""
    kind = opened.types[column]
    words = (
        "whole numbers" if kind.startswith(_WHOLE) else "numbers with a point" if kind.startswith(_BROKEN) else "text"
    )
    return f"{words} ({kind})"
