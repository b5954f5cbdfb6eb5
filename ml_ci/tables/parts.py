"""Cut a stable part out of a table, or draw a stable sample: by each row's content, never by its position."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.membership import belonging, smallest
from ml_ci.tables.parquet import split_parquet
from ml_ci.tables.raw import blanked
from ml_ci.tables.table import Table
from ml_ci.tables.writing import Writer, write_raw

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PartCounts:
    """Count the rows of the two files that a cut leaves."""

    rest: int
    part: int


def cut(
    source: Path,
    part: PartEntry,
    rest: Path,
    out: Path,
    *,
    blank: str | None = None,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
) -> PartCounts:
    """Write the rows of a part to `out`, with the values of the column `blank` emptied, and all others to `rest`.

    Both have the source's format and order of rows; of a text the bytes of every record stay as they stand, but for the
    emptied value. Adding, removing or moving other rows or the columns moves no row, nor does another way to write its
    values; equal rows stay together. `columns` names those of a text without a header.
    Where no value can be empty (white space between values, one value per line) an emptied one is `nan`.
    UserError, with file and line, when a row cannot be placed, and when the part or the rest would be empty; nothing
    is left at `rest` or `out` then.
    """
    table = Table.open(source, columns, shown=shown)
    edited = None if blank is None else table.layout.index(blank, table.shown)
    mask = belonging(table, part)
    counts = PartCounts(int((~mask).sum()), int(mask.sum()))
    _refuse_empty(counts, part, table.shown)
    _write(table, mask, rest, out, edited)
    return counts


def sample(
    source: Path,
    rows: int,
    seed: int,
    out: Path,
    *,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
) -> int:
    """Write the `rows` rows with the smallest hashes to `out`, in their order; give how many were written.

    A row that is added pushes out at most one other. A table with fewer rows is copied whole.
    """
    table = Table.open(source, columns, shown=shown)
    mask = smallest(table, rows, seed)
    _write(table, mask, None, out, None)
    return int(mask.sum())


def _write(table: Table, mask: NDArray[np.bool_], rest: Path | None, out: Path, blank: int | None) -> None:
    if table.layout.parquet:
        split_parquet(table.path, table.layout, mask.tolist(), rest, out, blank)
        return
    edit = None if blank is None else blanked(table.layout, blank)
    records = table.among_records(mask)
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
    if part.share is not None:
        return f"share: {part.share}" + (f", by: {part.by}" if part.by else "")
    if part.after is not None:
        return f"after: {{{part.after[0]}: {part.after[1]}}}"
    column, values = part.where or ("", ())
    return f"where: {{{column}: [{', '.join(map(str, values))}]}}"


def _advice(part: PartEntry) -> str:
    if part.share is not None:
        return "Choose another share or seed, or a column `by:` with more values."
    return "Compare the values of the column with those in ml-ci.yaml."
