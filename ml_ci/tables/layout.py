"""How a table is written in its file: the format, the encoding, the delimiter, the names of the columns."""

from __future__ import annotations

import codecs
import difflib
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.known import kind_of
from ml_ci.tables.parquet import measure_unpacked, own_names
from ml_ci.tables.sniff import LINE, sniff

CHUNK = 1 << 16  # of larger pieces each would be memory that the system hands out anew: twice the time
_BUFFER = 1 << 13  # in which the end of a line is looked for
_FEW = 1 << 20  # a plan reads so many bytes of a table, and is not to wait for numpy
SAMPLE = 1 << 18
BLANK_LINE = re.compile(rb"(?:\A|\n)[ \t\f\v]*\n|\n[ \t\f\v]+\Z")
# No line is blank where none begins so.
_BLANK_BEGINNINGS = tuple(b"\n" + bytes([first]) for first in b"\n \t\f\v")
_NEW_LINE, _LAST_BLANK = ord("\n"), ord(" ")
_SPACES = bytes(range(_LAST_BLANK + 1))
BOM = codecs.BOM_UTF8
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True)
class Layout:
    """Say how a table is written.

    `delimiter` is one character, "" for white space, LINE for one value per line, None for Parquet. `header` says
    that the first record holds the names. `plain` promises that DuckDB reads the text as Python's csv module does:
    UTF-8, no quotes, no carriage returns, no blank lines, not compressed. `longest` is the longest line in bytes,
    `size` the bytes of all, unpacked (of Parquet: as its own account has it). `lines` are those of a text, and
    `underscored` says that one behind the header has "_". Where it is not `spaced`, no value has white space in it.
    """

    names: tuple[str, ...]
    delimiter: str | None = None
    header: bool = True
    encoding: str = "utf-8"
    compressed: bool = False
    plain: bool = False
    longest: int = 0
    notes: tuple[str, ...] = ()
    size: int = 0
    lines: int = 0
    underscored: bool = True
    spaced: bool = True

    @property
    def parquet(self) -> bool:
        return self.delimiter is None

    def index(self, column: str, shown: str) -> int:
        """Give the position of a column; UserError with a suggestion when the table has none of that name."""
        name = column.strip()
        if name in self.names:
            return self.names.index(name)
        raise UserError(f"{shown}: there is no column {name!r}", hint=_instead(name, self.names))


def _instead(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6) or [n for n in names if n.lower() == name.lower()]
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return (f"Perhaps you meant {close[0]!r}. " if close else "") + f"The columns are: {listed}."


def examine(path: Path, columns: Sequence[str] | None, shown: str, bounds: Bounds | None = None) -> Layout:
    """Find out how the table at `path` is written; `columns` names those of a text without a header line.

    Reads the whole file once, and no further than `bounds` allow. UserError when there is no such file, when it is a
    folder, empty, not a table, beyond its bounds, holds NUL bytes, or names a column twice.
    """
    start = _first_bytes(path, shown)
    if start.startswith(b"PAR1"):
        return _parquet(path, columns, shown, bounds)
    kind = kind_of(path)
    if kind != "text":
        said = "JSON" if kind == "json" else "an Arrow file"
        raise UserError(f"{shown} is {said}, and a table of text or Parquet was expected", hint="Write it as such.")
    if path.suffix.lower() in (".parquet", ".pq"):
        raise UserError(f"{shown} is not a Parquet file", hint="Write it again, or give it the name of what it is.")
    compressed = start.startswith(b"\x1f\x8b")
    facts = _survey(path, compressed, shown, bounds)
    text = facts.sample.decode("utf-8-sig" if facts.encoding == "utf-8" else facts.encoding, "ignore")
    delimiter, names = sniff(text, columns, whole=facts.size <= SAMPLE, shown=shown)
    if bounds is not None:
        bounds.refuse_columns(names, shown)
    checked = _checked(names, shown)
    plain = facts.plain and not compressed and delimiter not in ("", LINE)
    notes = () if facts.encoding == "utf-8" else (f"{shown} is not UTF-8 and was read as Latin-1",)
    header = columns is None
    found = Layout(checked, delimiter, header, facts.encoding, compressed, plain, facts.longest, notes, size=facts.size)
    underscored = facts.underscored or (facts.underscored_first and not header)
    return replace(found, lines=facts.lines, underscored=underscored, spaced=facts.spaced or not plain)


def binary(path: Path, compressed: bool) -> IO[bytes]:
    """Open the bytes of a text table, unpacked."""
    return io.BufferedReader(gzip.GzipFile(path, "rb"), CHUNK) if compressed else path.open("rb", _BUFFER)


def _first_bytes(path: Path, shown: str) -> bytes:
    if path.is_dir():
        raise UserError(f"{shown} is a folder, and a table was expected", hint="Name the file inside it.")
    if path.exists() and not path.is_file():
        raise UserError(f"{shown} is no regular file", hint="Name a file that holds the table.")
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        raise UserError(f"{shown} does not exist", hint="Check the path; it is relative to ml-ci.yaml.") from None
    except OSError as error:
        raise UserError(f"{shown} cannot be read: {error.strerror}") from None
    if not start:
        raise UserError(f"{shown} is empty", hint="A table needs a header line and at least one row.")
    if start.startswith(LFS_POINTER):
        raise UserError(f"{shown} is a Git LFS pointer, not the data", hint="Run `git lfs pull` to get the data.")
    return start


@dataclass
class _Facts:
    sample: bytes = b""
    size: int = 0
    encoding: str = "utf-8"
    plain: bool = True
    longest: int = 0
    lines: int = 0
    underscored_first: bool = False
    underscored: bool = False
    spaced: bool = False


def _survey(path: Path, compressed: bool, shown: str, bounds: Bounds | None) -> _Facts:
    facts = _Facts()
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with binary(path, compressed) as file:
            for piece in pieces(file, -1 if bounds is None else bounds.line):
                _note(facts, piece, decoder, shown)
                if bounds is not None:
                    bounds.refuse_line(facts.longest, shown)
                    bounds.refuse_size(facts.size, shown)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{shown} is damaged: {error}", hint="Compress it again.") from None
    if not facts.sample.removeprefix(BOM).strip():
        raise UserError(f"{shown} is empty", hint="A table needs a header line and at least one row.")
    _end(facts, decoder)
    return facts


def pieces(file: IO[bytes], longest: int = -1) -> Iterator[bytes]:
    """Give the file in pieces of whole lines, about CHUNK bytes each; what follows `longest` bytes counts as a line."""
    while piece := file.read(CHUNK):
        yield piece + file.readline(longest)


def _note(facts: _Facts, piece: bytes, decoder: codecs.IncrementalDecoder, shown: str) -> None:
    if (at := piece.find(b"\0")) >= 0:
        raise UserError(
            f"{shown} holds NUL bytes (the first at byte {facts.size + at + 1}): it is no text table",
            hint="Save it as UTF-8 text (UTF-16 has NUL bytes), CSV or Parquet.",
        )
    if len(facts.sample) < SAMPLE:
        facts.sample += piece[: SAMPLE - len(facts.sample)]
    if not facts.size:
        facts.underscored_first = b"_" in piece[: piece.find(b"\n") + 1 or None]
    facts.underscored = facts.underscored or b"_" in (piece if facts.size else piece[piece.find(b"\n") + 1 :])
    facts.size += len(piece)
    ends, may_be_blank, spaces = _find_white_space(piece, facts.size > _FEW)
    facts.spaced = facts.spaced or spaces > ends or not piece.isascii()
    facts.lines += ends + (not piece.endswith(b"\n"))
    if facts.encoding == "utf-8" and not (piece.isascii() and not decoder.getstate()[0]):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            facts.encoding = "latin-1"
    facts.plain = facts.plain and b'"' not in piece and b"\r" not in piece
    facts.plain = facts.plain and not (may_be_blank and BLANK_LINE.search(piece))
    facts.longest = max(facts.longest, _longest(piece, ends))


def _find_white_space(piece: bytes, quickly: bool) -> tuple[int, bool, int]:
    """Count the line ends of a piece, say whether a line may be blank (one begins so), and count ASCII up to the blank.

    Among these are the line ends, and all white space that ASCII has.
    """
    begins_blank = piece[:1].isspace()
    if not quickly:
        may_be_blank = begins_blank or any(beginning in piece for beginning in _BLANK_BEGINNINGS)
        return piece.count(b"\n"), may_be_blank, len(piece) - len(piece.translate(None, _SPACES))
    import numpy as np

    # one look for all of it, which is quicker than to count the ends and to search for each beginning by itself
    letters = np.frombuffer(piece, np.uint8)
    ends, spaces = letters == _NEW_LINE, letters <= _LAST_BLANK
    may_be_blank = begins_blank or bool((ends[:-1] & spaces[1:]).any())
    return int(np.count_nonzero(ends)), may_be_blank, int(np.count_nonzero(spaces))


def _longest(piece: bytes, ends: int) -> int:
    return max(map(len, piece.split(b"\n"))) if ends * 512 < len(piece) else 512


def _end(facts: _Facts, decoder: codecs.IncrementalDecoder) -> None:
    if facts.encoding == "utf-8":
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            facts.encoding = "latin-1"
    facts.plain = facts.plain and facts.encoding == "utf-8"


def _parquet(path: Path, columns: Sequence[str] | None, shown: str, bounds: Bounds | None) -> Layout:
    if columns is not None:
        raise UserError(f"{shown} is Parquet, which names its own columns", hint="Remove `columns:` of this entry.")
    if bounds is not None:
        bounds.refuse_size(path.stat().st_size, shown)
    names, size = own_names(path, shown), measure_unpacked([path], shown)
    if bounds is not None:
        bounds.refuse_columns(names, shown)
        bounds.refuse_size(size, shown)
    return Layout(_checked(names, shown), size=size)


def _checked(names: Sequence[str], shown: str) -> tuple[str, ...]:
    trimmed = tuple(name.strip() for name in names)
    if not trimmed:
        raise UserError(f"{shown}: the first line names no column", hint="Name the columns, or give `columns:`.")
    first: dict[str, int] = {}
    for place, name in enumerate(trimmed):
        if not name and len(trimmed) == 1:
            raise UserError(f"{shown}: the header line is empty", hint="Name the columns, or give `columns:`.")
        if name and first.setdefault(name, place) != place:
            raise UserError(
                f"{shown} has two columns named {name!r} (columns {first[name] + 1} and {place + 1})",
                hint="Rename one of them.",
            )
    return trimmed
