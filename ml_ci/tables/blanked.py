"""The rows that a command predicts, as they lie: part files and JSON with the label blank in each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.tables.columns import blank
from ml_ci.tables.gathered import find_parts
from ml_ci.tables.known import is_packed, kind_of


def blank_as_it_lies(
    source: Path,
    column: str,
    out: Path,
    *,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
    python: Path | None = None,
) -> None:
    """Write a table with every value of one column emptied: as `blank`, and of parts a folder of parts by their names.

    UserError for an Arrow file, of which nobody writes a part here.
    """
    name = shown or source.as_posix()
    parts = find_parts(source, name)
    if parts is None:
        _blank_one(source, column, out, columns, name, python)
        return
    for part in parts:
        if any(key == column for key, _ in part.values):
            raise UserError(
                f"{name}: the label {column!r} stands in the names of folders", hint="Write it as a column."
            )
        target = out / part.name
        target.parent.mkdir(parents=True, exist_ok=True)
        _blank_one(part.path, column, target, columns, f"{name}: {part.name}", python)


def _blank_one(
    source: Path, column: str, out: Path, columns: Sequence[str] | None, name: str, python: Path | None
) -> None:
    kind = kind_of(source) if source.is_file() else "text"
    if kind == "arrow":
        message = f"{name} is an Arrow file, and a command that predicts gets the holdout with its label blank"
        raise UserError(message, hint="Write the holdout as Parquet, CSV or JSON Lines.")
    if kind == "json":
        _blank_json(source, column, out, name)
    else:
        blank(source, column, out, columns=columns, shown=name, python=python)


def _blank_json(source: Path, column: str, out: Path, name: str) -> None:
    """Write JSON Lines anew with `null` for the label: an object a line, its other values the same."""
    packed = is_packed(source)
    out.parent.mkdir(parents=True, exist_ok=True)
    place = 0
    try:
        with (gzip.open if packed else open)(source, "rb") as lines, (gzip.open if packed else open)(out, "wb") as file:
            for line in lines:
                place += 1
                if not line.strip():
                    continue
                row = json.loads(line.decode("utf-8-sig"))
                key = next((one for one in row if one.strip() == column.strip()), None)
                if key is not None:
                    row[key] = None
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    except (ValueError, AttributeError, RecursionError):
        message = f"{name}, line {place} is no JSON object"
        raise UserError(message, hint="Write an object a line, for a command that predicts.") from None
