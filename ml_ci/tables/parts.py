"""Cut a stable part out of a table, or draw a stable sample: by each row's content, never by its position."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import PartEntry
from ml_ci.tables.membership import belonging, smallest
from ml_ci.tables.parquet import Taken, take
from ml_ci.tables.raw import blank_value
from ml_ci.tables.table import Table
from ml_ci.tables.writing import Writer, write_raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What a cut and a sample made of each row of a table.
REST, PART, UNDRAWN = range(3)


@dataclass(frozen=True)
class PartCounts:
    """Count the rows of the two files that a cut leaves."""

    rest: int
    part: int


def cut(
    source: Path,
    part: PartEntry,
    rest: Path | None,
    out: Path,
    *,
    blank: str | None = None,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
    flags: Path | None = None,
    python: Path | None = None,
) -> PartCounts:
    """Write the rows of a part to `out`, with the values of the column `blank` emptied, and all others to `rest`.

    Both have the source's format and order of rows; of a text the bytes of every record stay as they stand, but for the
    emptied value. Adding, removing or moving other rows or the columns moves no row, nor does another way to write its
    values; equal rows stay together. `columns` names those of a text without a header.
    Where no value can be empty (white space between values, one value per line) an emptied one is `nan`.
    `flags` is a file to leave with a byte per row of the source: PART or REST. `python` is the job's interpreter.
    UserError, with file and line, when a row cannot be placed, and when the part or the rest would be empty; nothing
    is left at `rest` or `out` then.
    """
    table = _open_one(source, columns, shown)
    edited = None if blank is None else table.layout.index(blank, table.shown)
    mask = belonging(table, part)
    counts = PartCounts(int((~mask).sum()), int(mask.sum()))
    _refuse_empty(counts, part, table.shown)
    cut_rows(table, mask, rest, out, edited=edited, flags=flags, python=python)
    return counts


def _open_one(source: Path, columns: Sequence[str] | None, shown: str | None) -> Table:
    """Open a table of which rows are taken: one text or Parquet file, in whose format they are written."""
    table = Table.open(source, columns, shown=shown)
    if table.gathered is not None:
        said = "a folder of parts" if len(table.gathered.parts) > 1 else "no text or Parquet"
        message = f"{table.shown} is {said}, and rows can be taken out of one CSV or Parquet file only"
        raise UserError(message, hint="Write it as one file, or name the holdout as a table of its own.")
    return table


def cut_rows(
    table: Table,
    mask: NDArray[Any],
    rest: Path | None,
    out: Path,
    *,
    edited: int | None = None,
    flags: Path | None = None,
    python: Path | None = None,
) -> None:
    """Write the rows for which the mask holds, bool of shape (rows,), to `out`, and all others to `rest`; as `cut`.

    `edited` is the place of the column whose values are emptied.
    """
    import numpy as np

    known = flags or out.with_name(out.name + ".flags")
    _keep(np.where(mask, PART, REST), known)
    _write(table, known, rest, out, Taken(known, PART, edited), python)
    if flags is None:
        known.unlink()


def select(table: Table, mask: NDArray[Any], out: Path, *, python: Path | None = None) -> Path:
    """Write the rows of a table for which the mask holds, bool of shape (rows,), in its format and order.

    Gives the file of flags beside it, a byte per row of the table: PART or REST.
    """
    import numpy as np

    known = out.with_name(out.name + ".flags")
    _keep(np.where(mask, PART, REST), known)
    _write(table, known, None, out, Taken(known, PART), python)
    return known


def sample(
    source: Path,
    rows: int,
    seed: int,
    out: Path,
    *,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
    flags: Path | None = None,
    python: Path | None = None,
) -> int:
    """Write the `rows` rows with the smallest hashes to `out`, in their order; give how many were written.

    A row that is added pushes out at most one other. A table with fewer rows is copied whole. `flags` is a file with a
    byte per row: REST where a row is drawn. Where a cut left it, `source` is that rest, and what is not drawn of it
    becomes UNDRAWN.
    """
    import numpy as np

    table = _open_one(source, columns, shown)
    mask = smallest(table, rows, seed)
    known = out.with_name(out.name + ".flags")
    _keep(np.where(mask, REST, UNDRAWN), known)
    _write(table, known, None, out, Taken(known, REST), python)
    if flags is not None:
        _keep(_among(flags, np.where(mask, REST, UNDRAWN)), flags)
    known.unlink()
    return int(mask.sum())


def _among(flags: Path, drawn: NDArray[Any]) -> NDArray[Any]:
    """Put what became of a rest's rows among the flags of the table that it was cut from."""
    import numpy as np

    if not flags.exists():
        return drawn
    known = np.fromfile(flags, np.uint8)
    known[known == REST] = drawn
    return known


def _keep(flags: NDArray[Any], file: Path) -> None:
    import numpy as np

    file.parent.mkdir(parents=True, exist_ok=True)
    flags.astype(np.uint8).tofile(file)


def _write(table: Table, flags: Path, rest: Path | None, out: Path, taken: Taken, python: Path | None) -> None:
    if table.layout.parquet:
        take(table.path, out, taken, python)
        if rest is not None:
            take(table.path, rest, Taken(flags, REST), python)
        return
    import numpy as np

    edit = None if taken.column is None else blank_value(table.layout, taken.column)
    records = table.among_records(np.fromfile(flags, np.uint8) == taken.wanted)
    with ExitStack() as stack:
        write_raw(table, records, stack.enter_context(Writer(out, table.layout)), edit)
        if rest is not None:
            # blank lines too
            write_raw(table, ~records, stack.enter_context(Writer(rest, table.layout)))


def _refuse_empty(counts: PartCounts, part: PartEntry, shown: str) -> None:
    if counts.part == 0:
        raise UserError(f"no row of {shown} belongs to the part ({_said(part)})", hint=_advice(part))
    if counts.rest == 0:
        raise UserError(
            f"every row of {shown} belongs to the part ({_said(part)}): none is left to train on", hint=_advice(part)
        )


def _said(part: PartEntry) -> str:
    if part.folds is not None:
        which = "" if part.fold is None else f"fold {part.fold + 1} of "
        return f"{which}folds: {part.folds}" + (f", by: {part.by}" if part.by else "")
    if part.share is not None:
        return f"share: {part.share}" + (f", by: {part.by}" if part.by else "")
    if part.after is not None:
        return f"after: {{{part.after[0]}: {part.after[1]}}}"
    column, values = part.where or ("", ())
    return f"where: {{{column}: [{', '.join(map(str, values))}]}}"


def _advice(part: PartEntry) -> str:
    if part.folds is not None:
        return "Choose fewer folds, another seed, or a column `by:` with more values."
    if part.share is not None:
        return "Choose another share or seed, or a column `by:` with more values."
    return "Compare the values of the column with those in ml-ci.yaml."
