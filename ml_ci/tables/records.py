"""The records of a text table with the bytes that they were read from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ml_ci.errors import UserError
from ml_ci.tables.layout import BOM, Layout, binary
from ml_ci.tables.sniff import FIELD_LIMIT, LINE, WHITE_SPACE


class Record(NamedTuple):
    """One record: the 1-based line on which it starts, its bytes with the line end, its values (not trimmed).

    A blank line is a record without values.
    """

    line: int
    raw: bytes
    fields: list[str]


def records(path: Path, layout: Layout, shown: str) -> Iterator[Record]:
    """Give every record of a text table, the header first where there is one; blank lines too, without values.

    UserError with file and line when a record does not have one value per column, or a quote is never closed.
    """
    with binary(path, layout.compressed) as file:
        if layout.delimiter in (WHITE_SPACE, LINE):
            yield from _lines(file, layout, shown)
        else:
            yield from _csv(file, layout, shown)


def header(path: Path, layout: Layout, shown: str) -> tuple[bytes, bytes]:
    """Give the bytes up to the first row: blank lines, then the record of the names; b"" where there is none."""
    blank = b""
    for record in records(path, layout, shown) if layout.header else ():
        if record.fields:
            return blank, record.raw
        blank += record.raw
    return blank, b""


def rows(path: Path, layout: Layout, shown: str) -> Iterator[Record]:
    """Give the records behind the header; blank lines too, without values."""
    found = records(path, layout, shown)
    if layout.header:
        for record in found:
            if record.fields:
                break
    return found


def _lines(file: IO[bytes], layout: Layout, shown: str) -> Iterator[Record]:
    for line, raw in enumerate(file, 1):
        text = _text(raw, layout, line)
        fields = text.split() if layout.delimiter == WHITE_SPACE else [_unquote(text.strip())]
        if not text.strip():
            fields = []
        if len(fields) != len(layout.names):
            fields = _blank_or_broken(line, raw, fields, layout, shown)
        yield Record(line, raw, fields)


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def _text(raw: bytes, layout: Layout, line: int) -> str:
    return (raw.removeprefix(BOM) if line == 1 else raw).decode(layout.encoding)


def _csv(file: IO[bytes], layout: Layout, shown: str) -> Iterator[Record]:
    csv.field_size_limit(FIELD_LIMIT)  # the default refuses texts over 128 KiB
    taken: list[bytes] = []
    before = b""

    def lines() -> Iterator[str]:
        """Give the lines as text, and keep the bytes of each in `taken`."""
        encoding = layout.encoding
        for raw in file:
            taken.append(raw)
            yield raw.decode(encoding)

    if file.peek(len(BOM)).startswith(BOM):  # type: ignore[attr-defined]
        before = file.read(len(BOM))
    reader = csv.reader(lines(), delimiter=layout.delimiter or ",", skipinitialspace=True, strict=True)
    line, width = 1, len(layout.names)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _broken(line, str(error), shown) from None
        if fields is None:
            return
        raw = before + (taken[0] if len(taken) == 1 else b"".join(taken))
        before = b""
        if len(fields) != width or (width == 1 and not raw.strip()):
            fields = _blank_or_broken(line, raw, fields, layout, shown)
        yield Record(line, raw, fields)
        line += len(taken)
        taken.clear()


def _blank_or_broken(line: int, raw: bytes, fields: list[str], layout: Layout, shown: str) -> list[str]:
    if not raw.removeprefix(BOM).strip():
        return []
    raise UserError(
        f"{shown}, line {line}: {len(fields)} values, and the table has {len(layout.names)} columns",
        hint="Quote values that hold the delimiter, a quote or a line end.",
    )


def _broken(line: int, reason: str, shown: str) -> UserError:
    said = {
        "unexpected end of data": "a quote is opened and never closed",
        "new-line character seen in unquoted field - do you need to open the file with newline=''?": (
            "a carriage return inside a value without quotes"
        ),
    }
    return UserError(
        f"{shown}, line {line}: {said.get(reason, reason)}",
        hint='Write a quote inside a quoted value twice (""), and close every quote.',
    )
