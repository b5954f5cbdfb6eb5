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
    """Write JSON Lines anew with `null` for the label; all else stays as it is written, long numbers too."""
    packed = is_packed(source)
    out.parent.mkdir(parents=True, exist_ok=True)
    place = 0
    try:
        with (gzip.open if packed else open)(source, "rb") as lines, (gzip.open if packed else open)(out, "wb") as file:
            for line in lines:
                place += 1
                if not line.strip():
                    continue
                file.write(_empty(line.decode("utf-8-sig"), column).encode())
    except (ValueError, IndexError, RecursionError):
        message = f"{name}, line {place} is no JSON object"
        raise UserError(message, hint="Write an object a line, for a command that predicts.") from None


def _empty(line: str, column: str) -> str:
    """Put `null` in the place of a column's value; ValueError or IndexError for what is no object."""
    place, decoder = _behind_space(line, 0), json.JSONDecoder()
    if line[place] != "{":
        raise ValueError
    kept, done = [], 0
    place = _behind_space(line, place + 1)
    while line[place] != "}":
        key, place = decoder.raw_decode(line, place)
        place = _behind_space(line, place)
        if not isinstance(key, str) or line[place] != ":":
            raise ValueError
        begin = _behind_space(line, place + 1)
        _, place = decoder.raw_decode(line, begin)
        if key.strip() == column.strip():
            kept.append(f"{line[done:begin]}null")
            done = place
        place = _behind_space(line, place)
        if line[place] not in ",}":
            raise ValueError
        place = _behind_space(line, place + 1) if line[place] == "," else place
    if line[place + 1 :].strip():
        raise ValueError
    return "".join(kept) + line[done:]


def _behind_space(line: str, place: int) -> int:
    while line[place] in " \t\r\n":
        place += 1
    return place
