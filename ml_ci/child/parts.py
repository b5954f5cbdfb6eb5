"""Part files of a folder or a glob as one DataFrame, as ml-ci itself has them: in the order of their names."""

from __future__ import annotations

import os

from .calls import NOW
from .failures import JobFailed
from .files import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    Read = Callable[[str, Any, str], Any]
    Named = list[tuple[str, "str | None"]]

_MISSING = "__HIVE_DEFAULT_PARTITION__"
_LOGS = (("_delta_log", "Delta"), (".hoodie", "Hudi"), ("metadata/version-hint.text", "Iceberg"))
_SAME = "Write all parts of a table with the same columns, or annotate the parameter with pathlib.Path."


def read_parts(what: str, entry: Any, wanted: str, library: Any, read_table: Read) -> Any:
    """Read the parts as one table: of texts the whole is typed as one text is, of others each part has its types.

    A folder `region=north` is a column and its value. JobFailed for no part, and for one with other columns.
    """
    top, parts = list_parts(entry["path"])
    for log, name in _LOGS:
        if os.path.exists(os.path.join(top, log)):
            raise _refuse("%s is a table of %s, whose log says which of its files count" % (what, name), "Read it by a "
                          "library of its own: annotate the parameter with pathlib.Path.")  # fmt: skip
    if not parts:
        raise _refuse("%s has no part file" % what, "A table needs a file with at least one row.")
    kind = "polars" if wanted == "lazy" else wanted
    if all(kind_of(path) == "text" for _, path, _ in parts) and not any(values for _, _, values in parts):
        frame = _read_texts(what, entry, [(name, path) for name, path, _ in parts], kind, read_table)
    else:
        frames = [read_table(what, dict(entry, path=path, written=None, whole=None), kind) for _, path, _ in parts]
        for (name, _, _), one in zip(parts, frames):
            _refuse_other(what, name, parts[0][0], sorted(map(str, one.columns)), sorted(map(str, frames[0].columns)))
        frame = _concatenate(library, frames, [values for _, _, values in parts])
    return frame.lazy() if wanted == "lazy" else frame


def list_parts(path: str) -> tuple[str, list[tuple[str, str, Named]]]:
    """Give the folder of a folder or a glob, and its part files: their names below it, their paths, and the values that
    their folders are named after. What begins with a dot or an underscore is no part."""
    import glob
    import urllib.parse

    if os.path.isdir(path):
        top, found = path, [os.path.join(folder, one) for folder, _, files in os.walk(path) for one in files]
    else:
        top = path
        while glob.has_magic(top) and not os.path.isdir(top):
            top = os.path.dirname(top)
        pattern = os.path.join(glob.escape(top), os.path.relpath(path, top))
        found = glob.glob(pattern, recursive=True)
    parts: list[tuple[str, str, Named]] = []
    for one in found:
        steps = os.path.relpath(one, top).split(os.sep)
        if os.path.isfile(one) and not any(step[:1] in (".", "_") for step in steps):
            named = [step.partition("=") for step in steps[:-1]]
            unquote = urllib.parse.unquote
            values: Named = [
                (unquote(key), None if value == _MISSING else unquote(value))
                for key, sign, value in named
                if sign and key
            ]
            parts.append(("/".join(steps), one, values))
    return top, sorted(parts, key=lambda part: part[:2])


def _read_texts(what: str, entry: Any, parts: list[tuple[str, str]], wanted: str, read_table: Read) -> Any:
    """Read texts as one, their records one after another under the header of the first."""
    import shutil
    import tempfile

    written = entry.get("written")
    first: list[str] = []
    base = parts[0][1][:-3] if parts[0][1].lower().endswith(".gz") else parts[0][1]
    handle, whole = tempfile.mkstemp(suffix=os.path.splitext(base)[1])
    try:
        with os.fdopen(handle, "wb") as out:
            for name, path in parts:
                with _open(path) as stream:
                    if not entry.get("columns"):
                        line = _header(stream)
                        names = _split(line, written, path)
                        first = first or names
                        _refuse_other(what, name, parts[0][0], names, first)
                        if path == parts[0][1]:
                            out.write(line)
                    else:
                        _skip_mark(stream)
                    shutil.copyfileobj(stream, out, 1 << 20)
                _end_line(out, whole)
        given = dict(entry, path=whole, whole=None, written=written and dict(written, packed=False))
        return read_table(what, given, wanted)
    finally:
        os.remove(whole)


def _open(path: str) -> Any:
    import gzip

    with open(path, "rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else open(path, "rb")


def _skip_mark(stream: Any) -> None:
    if stream.peek(3)[:3] == b"\xef\xbb\xbf":
        stream.read(3)


def _header(stream: Any) -> bytes:
    """Read the line of the names, behind blank ones."""
    _skip_mark(stream)
    for line in stream:
        if line.strip():
            return bytes(line) if line.endswith(b"\n") else bytes(line) + b"\n"
    return b""


def _split(line: bytes, written: Any, path: str) -> list[str]:
    import csv

    text = line.decode(written["encoding"] if written else "utf-8", "replace").strip("\r\n")
    separator = (written["separator"] if written else None) or ("\t" if "\t" in text and "," not in text else ",")
    fields = text.split() if separator == " " else next(csv.reader([text], delimiter=separator), [])
    return [name.strip() for name in fields]


def _end_line(out: Any, path: str) -> None:
    """End the last line of a part that is written."""
    out.flush()
    if out.tell():
        with open(path, "rb") as stream:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) not in (b"\n", b"\r"):
                out.write(b"\n")


def _refuse_other(what: str, name: str, first: str, names: list[str], wanted: list[str]) -> None:
    if names != wanted:
        other = [one for one in names + wanted if (one in names) != (one in wanted)]
        said = ", ".join(other[:8]) or "they stand in another order"
        raise _refuse("%s: %s: its columns differ from those of %s: %s" % (what, name, first, said), _SAME)


def _concatenate(library: Any, frames: list[Any], values: list[Named]) -> Any:
    kinds: dict[str, bool] = {}
    for key, text in (one for named in values for one in named):
        kinds[key] = kinds.get(key, True) and (text is None or _is_whole(text))
    polars = library.__name__ == "polars"
    found = []
    for frame, named in zip(frames, values):
        for key, text in named:
            if key not in frame.columns:
                value: Any = int(text) if text is not None and kinds[key] else text
                frame = frame.with_columns(library.lit(value).alias(key)) if polars else frame.assign(**{key: value})
        found.append(frame)
    if polars:
        return library.concat(found, how="diagonal_relaxed")
    numbered = all(type(one.index).__name__ == "RangeIndex" and one.index.name is None for one in found)
    joined = library.concat(found, ignore_index=numbered)
    gaps = [key for key, whole in kinds.items() if whole and str(joined[key].dtype) == "object"]
    return joined.astype(dict.fromkeys(gaps, "float64")) if gaps else joined


def _is_whole(value: str) -> bool:
    digits = value[1:] if value.startswith("-") else value
    return digits.isascii() and digits.isdecimal() and len(digits) < 19 and str(int(value)) == value


def _refuse(message: str, hint: str) -> JobFailed:
    return JobFailed(NOW["raised"], message, hint)
