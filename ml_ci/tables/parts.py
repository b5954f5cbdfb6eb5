"""Cut a stable part out of a table, or draw a stable sample: by each row's content, never by its position."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.membership import Membership, content_columns, membership, row_hash
from ml_ci.tables.parquet import parquet_rows, split_parquet
from ml_ci.tables.records import header_and_rows
from ml_ci.tables.writing import Writer, emptied


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

    Both have the source's format, delimiter, header, encoding and order of rows; the bytes of a text's records are
    copied as they stand (of `out` only where nothing is emptied). Adding, removing or moving other rows moves no row,
    nor does white space around values; equal rows stay together. `columns` names those of a text without a header.
    Where no value can be empty (white space between values, one value per line) an emptied one is `nan`.
    UserError, with file and line, when a row cannot be placed, and when the part or the rest would be empty; nothing
    is left at `rest` or `out` then.
    """
    name = shown or source.as_posix()
    layout = examine(source, columns, name)
    belongs = membership(part, layout.names, lambda column: layout.index(column, name))
    emptied_column = None if blank is None else layout.index(blank, name)
    if layout.parquet:
        mask = [belongs(fields, where) for fields, where in parquet_rows(source, layout, name)]
        counts = PartCounts(len(mask) - sum(mask), sum(mask))
        _refuse_empty(counts, part, name)
        split_parquet(source, layout, mask, rest, out, emptied_column)
        return counts
    with Writer(rest, layout) as rest_file, Writer(out, layout) as out_file:
        counts = _cut_text(source, layout, belongs, rest_file, out_file, emptied_column, name)
        _refuse_empty(counts, part, name)
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
    name = shown or source.as_posix()
    layout = examine(source, columns, name)
    chosen = _smallest(_hashes(source, layout, seed, name), rows)
    if layout.parquet:
        mask = [index in chosen for index, _ in enumerate(parquet_rows(source, layout, name))]
        split_parquet(source, layout, mask, None, out, None)
        return len(chosen)
    before, found = header_and_rows(source, layout, name)
    with Writer(out, layout) as file:
        file.write(before)
        for index, record in enumerate(record for record in found if record.fields):
            if index in chosen:
                file.write(record.raw)
    return len(chosen)


def _cut_text(
    source: Path, layout: Layout, belongs: Membership, rest: Writer, out: Writer, blank: int | None, shown: str
) -> PartCounts:
    before, found = header_and_rows(source, layout, shown)
    rest.write(before)
    out.write(before)
    in_rest = in_part = 0
    line = 0

    def where() -> str:
        return f"{shown}, line {line}"

    for record in found:
        line, raw, fields = record
        if not fields:
            rest.write(raw)
        elif belongs(fields, where):
            out.write(raw if blank is None else emptied(record, blank, layout))
            in_part += 1
        else:
            rest.write(raw)
            in_rest += 1
    return PartCounts(in_rest, in_part)


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


def _hashes(source: Path, layout: Layout, seed: int, shown: str) -> Iterator[tuple[str, int]]:
    if layout.parquet:
        fields = (values for values, _ in parquet_rows(source, layout, shown))
    else:
        fields = (record.fields for record in header_and_rows(source, layout, shown)[1] if record.fields)
    places = content_columns(layout.names)
    for index, values in enumerate(fields):
        yield row_hash(seed, [values[place] for place in places]), index


def _smallest(hashes: Iterator[tuple[str, int]], rows: int) -> frozenset[int]:
    return frozenset(index for _, index in heapq.nsmallest(rows, hashes))
