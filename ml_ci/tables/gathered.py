"""One table out of what is none yet: a folder or a glob of part files, JSON Lines, Feather and Arrow files.

Parts are taken in the order of their names. Texts stay the texts that they are, record by record; everything else
becomes Parquet, typed as it is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.joined import Named, Part, join
from ml_ci.tables.known import kind_of
from ml_ci.tables.layout import BOM, Layout, binary, examine
from ml_ci.tables.parquet import count_rows as count_parquet
from ml_ci.tables.records import header, rows
from ml_ci.tables.typed import count_rows, from_arrow, from_json

MOST = 100_000  # part files of one table
_MAGIC = "*?["
_MISSING = "__HIVE_DEFAULT_PARTITION__"
# What a log lies beside parts in, by which only some of them belong to the table.
_LOGS = (("_delta_log", "Delta"), (".hoodie", "Hudi"), ("metadata/version-hint.text", "Iceberg"))


@dataclass(frozen=True)
class Gathered:
    """A table that was put together in a folder of its own: the file, and the parts that it was made of."""

    path: Path
    parts: tuple[Part, ...]
    columns: tuple[str, ...] | None
    _folder: tempfile.TemporaryDirectory[str] = field(repr=False, compare=False)

    @cached_property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The parts by name, without the ending where that tells them apart, each with its rows, in their order."""
        stems = [str(Path(part.name).with_name(Path(part.name).name.split(".")[0])) for part in self.parts]
        names = stems if len({*stems}) == len(stems) else [part.name for part in self.parts]
        paths = [part.path for part in self.parts]
        parquet = all(kind_of(path) == "parquet" for path in paths)
        counts = count_parquet(paths, paths[0].name) if parquet else [_count(path, self.columns) for path in paths]
        return tuple(zip(names, counts, strict=True))

    def place(self, row: int) -> tuple[str, int]:
        """Give the part that holds a row of the whole, and the row's place there; both from 0."""
        for part, (_, count) in zip(self.parts, self.counts, strict=True):
            if row < count:
                return part.name, row
            row -= count
        return self.parts[-1].name, row


def gather(path: Path, columns: Sequence[str] | None, shown: str, bounds: Bounds | None = None) -> Gathered | None:
    """Put a table together; None for one that is a single text or Parquet file, or nothing.

    UserError for a folder without a part, for parts of several kinds or with other columns than the first, and for
    what cannot be read.
    """
    parts = find_parts(path, shown)
    if parts is None and not (path.is_file() and kind_of(path) in ("json", "arrow")):
        return None
    parts = (Part(path, path.name),) if parts is None else parts
    folder = tempfile.TemporaryDirectory(prefix="ml-ci-table-")
    try:
        made = _put_together(parts, columns, shown, bounds, Path(folder.name))
    except BaseException:
        folder.cleanup()
        raise
    return Gathered(made, parts, tuple(columns) if columns else None, folder)


def find_parts(path: Path, shown: str) -> tuple[Part, ...] | None:
    """List the part files of a folder, or of a glob, by name; None for a path that is neither.

    What begins with a dot or an underscore is none: Spark and Hive leave `_SUCCESS` and checksums beside the parts.
    """
    if path.is_dir():
        _refuse_log(path, shown)
        found = [(one, one.relative_to(path)) for one in path.rglob("*")]
    elif not path.exists() and _is_magic(str(path)):
        found = list(_glob(path, shown))
        if not found:
            return None
    else:
        return None
    visible = [(one, at) for one, at in found if one.is_file() and not any(name[:1] in "._" for name in at.parts)]
    parts = [Part(one, at.as_posix(), _values(at)) for one, at in visible]
    if not parts:
        raise UserError(f"{shown} is a folder without a part file", hint="A table needs a file with at least one row.")
    if len(parts) > MOST:
        raise UserError(f"{shown} has {len(parts):,} part files", hint=f"Write the table in at most {MOST:,}.")
    return tuple(sorted(parts, key=lambda part: (part.name, str(part.path))))


def _glob(path: Path, shown: str) -> Iterator[tuple[Path, Path]]:
    """Give what a pattern finds, each with its path below the folders that are there as they are named."""
    fixed = next(one for one in path.parents if one.is_dir() or not _is_magic(str(one)))
    _refuse_log(fixed, shown)
    for one in fixed.glob(path.relative_to(fixed).as_posix()):
        yield one, one.relative_to(fixed)


def _refuse_log(folder: Path, shown: str) -> None:
    """Refuse a folder whose files are not all of the table: those that were deleted or replaced lie there as well."""
    for log, name in _LOGS:
        if (folder / log).exists():
            said = f"{shown} is a table of {name}, whose log says which of its files count: ml-ci reads files"
            raise UserError(said, hint="Write its rows into a folder of Parquet, and name that.")


def _is_magic(name: str) -> bool:
    return any(letter in name for letter in _MAGIC)


def _values(at: Path) -> Named:
    """Read `region=north` of a folder as the value of a column, as Hive and Spark write it."""
    named = [name.partition("=") for name in at.parts[:-1]]
    return tuple(
        (unquote(key), None if value == _MISSING else unquote(value)) for key, sign, value in named if sign and key
    )


def _put_together(
    parts: Sequence[Part], columns: Sequence[str] | None, shown: str, bounds: Bounds | None, folder: Path
) -> Path:
    first = _one_kind(parts, shown)
    _refuse_size(parts, shown, bounds)
    if first == "text":
        return _concatenate(parts, columns, shown, bounds, folder / "table.csv")
    if columns is not None:
        raise UserError(f"{shown} names its own columns", hint="Remove `columns:` of this entry.")
    pieces = []
    for place, part in enumerate(parts):
        at = part.path
        if first != "parquet":
            at = folder / f"part-{place}.parquet"
            named = f"{shown}: {part.name}" if len(parts) > 1 else shown
            (from_json if first == "json" else from_arrow)(part.path, at, named, bounds)
        pieces.append(Part(at, part.name, part.values))
    if len(pieces) == 1 and not parts[0].values:
        return pieces[0].path
    join(pieces, folder / "table.parquet", shown, bounds)
    return folder / "table.parquet"


_SAY = {"text": "a text table", "parquet": "Parquet", "json": "JSON", "arrow": "Arrow"}


def _one_kind(parts: Sequence[Part], shown: str) -> str:
    """Say what all parts are; UserError for one that is empty, damaged, or another kind of file."""
    first = kind_of(parts[0].path)
    for part in parts:
        if part.path.stat().st_size == 0:
            hint = "Write it with its header, or not at all; is what wrote it done?"
            raise UserError(f"{shown}: {part.name} is empty", hint=hint)
        kind = kind_of(part.path)
        if kind != first and part.path.suffix == parts[0].path.suffix:
            said = f"{shown}: {part.name} begins as {_SAY[kind]} does, and {parts[0].name} as {_SAY[first]}"
            raise UserError(said, hint="Is one of them damaged, or of another name than it should be? Write it again.")
        if kind != first:
            said = f"{shown}: {parts[0].name} is {_SAY[first]}, and {part.name} is {_SAY[kind]}"
            raise UserError(said, hint="Write all parts of a table in one format, and nothing else beside them.")
    return first


def _refuse_size(parts: Sequence[Part], shown: str, bounds: Bounds | None) -> None:
    if bounds is not None:
        bounds.refuse_size(sum(part.path.stat().st_size for part in parts), shown)


def _concatenate(
    parts: Sequence[Part], columns: Sequence[str] | None, shown: str, bounds: Bounds | None, target: Path
) -> Path:
    """Write the records of all parts one after another, as they stand, under the header of the first."""
    whole = examine(parts[0].path, columns, f"{shown}: {parts[0].name}", bounds)
    size = 0
    with target.open("wb") as out:
        for place, part in enumerate(parts):
            named = f"{shown}: {part.name}"
            layout = examine(part.path, columns, named, bounds)
            _refuse_other(whole, layout, parts[0].name, named)
            size += layout.size
            if bounds is not None:
                bounds.refuse_size(size, shown)
            with binary(part.path, layout.compressed) as file:
                file.read(_behind_header(part.path, layout, named) if place else 0)
                shutil.copyfileobj(file, out, 1 << 20)
            _end_line(part.path, layout, out)
    if any(part.values for part in parts):
        raise UserError(f"{shown}: text parts lie in folders such as {parts[0].name}", hint="Write them as Parquet.")
    return target


def _behind_header(path: Path, layout: Layout, named: str) -> int:
    """Count the bytes before the first row."""
    if layout.header:
        return sum(map(len, header(path, layout, named)))
    with binary(path, layout.compressed) as file:
        return len(BOM) if file.read(len(BOM)) == BOM else 0


def _end_line(path: Path, layout: Layout, out: object) -> None:
    with binary(path, layout.compressed) as file:
        last = b""
        while piece := file.read(1 << 20):
            last = piece[-1:]
    if last not in (b"\n", b"\r"):
        out.write(b"\n")  # type: ignore[attr-defined]


def _refuse_other(whole: Layout, layout: Layout, first: str, named: str) -> None:
    if layout.names != whole.names:
        other = [name for name in (*layout.names, *whole.names) if (name in layout.names) != (name in whole.names)]
        said = f"its columns differ from those of {first}: {', '.join(other[:8]) or 'they stand in another order'}"
        raise UserError(f"{named}: {said}", hint="Write all parts of a table with the same columns in the same order.")
    if (layout.delimiter, layout.encoding) != (whole.delimiter, whole.encoding):
        raise UserError(f"{named} is written in another way than {first}: another delimiter or encoding",
                        hint="Write all parts of a table alike.")  # fmt: skip


def _count(path: Path, columns: Sequence[str] | None) -> int:
    kind = kind_of(path)
    if kind != "text":
        return count_rows(path, kind)
    layout = examine(path, columns, path.name)
    return sum(1 for record in rows(path, layout, path.name) if record.fields)
