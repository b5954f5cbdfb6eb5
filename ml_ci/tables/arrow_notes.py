"""What Arrow notes of a Parquet file's columns, read without the 40 MB of pyarrow: is it more than DuckDB keeps?

The note is a schema in Arrow's IPC format, a flatbuffer: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import NamedTuple

KEY = b"ARROW:schema"
# Places of what is read, in the tables of Arrow's Message.fbs and Schema.fbs.
_HEADER, _FIELDS, _KIND, _TYPE, _DICTIONARY = 2, 1, 2, 3, 4
_INT, _FLOAT, _TEXT, _BOOLEAN, _DECIMAL, _DATE, _LARGE_TEXT = 2, 3, 5, 6, 7, 8, 20
_PLAIN = (_INT, _TEXT, _BOOLEAN, _DECIMAL, _LARGE_TEXT)
# Of a float the precision that is half, of a date the unit that is a day.
_HALF, _DAY, _MILLISECOND = 0, 0, 1


def notes_more(value: bytes) -> bool:
    """Say whether a note tells of a column what DuckDB does not keep: a category, a zone, a unit, what has parts.

    What cannot be read tells more.
    """
    try:
        content = base64.b64decode(value, validate=True)
        return not all(map(_is_plain, _fields(content)))
    except (ValueError, struct.error, IndexError):
        return True


class _Table(NamedTuple):
    """A table of a flatbuffer, by where it begins."""

    content: bytes
    at: int

    def find(self, place: int) -> int:
        """Give where the value of a field is; 0 where it has none."""
        index = self.at - _read(self.content, "i", self.at)
        if 4 + 2 * place >= _read(self.content, "H", index):
            return 0
        offset = _read(self.content, "H", index + 4 + 2 * place)
        return self.at + offset if offset else 0

    def table(self, place: int) -> _Table:
        """Give the table that a field leads to; ValueError where it leads to none."""
        at = self.find(place)
        if not at:
            raise ValueError("no table")
        return _follow(self.content, at)

    def number(self, place: int, form: str, otherwise: int) -> int:
        """Give the number of a field, or its default."""
        at = self.find(place)
        return _read(self.content, form, at) if at else otherwise


def _fields(content: bytes) -> Iterator[_Table]:
    """Give the columns of a message that is a schema."""
    begin = 8 if content[:4] == b"\xff\xff\xff\xff" else 4  # before 0.15 there was the length alone
    schema = _follow(content, begin).table(_HEADER)
    at = schema.find(_FIELDS)
    if not at:
        raise ValueError("no columns")
    at += _read(content, "I", at)
    for place in range(_read(content, "I", at)):
        yield _follow(content, at + 4 + 4 * place)


def _is_plain(field: _Table) -> bool:
    if field.find(_DICTIONARY):
        return False
    kind = field.number(_KIND, "B", 0)
    if kind == _FLOAT:
        return field.table(_TYPE).number(0, "h", _HALF) != _HALF
    if kind == _DATE:
        return field.table(_TYPE).number(0, "h", _MILLISECOND) == _DAY
    return kind in _PLAIN


def _follow(content: bytes, at: int) -> _Table:
    return _Table(content, at + _read(content, "I", at))


def _read(content: bytes, form: str, at: int) -> int:
    if at < 0:
        raise ValueError("before the beginning")
    number: int = struct.unpack_from(f"<{form}", content, at)[0]
    return number
