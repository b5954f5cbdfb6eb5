"""Rows that a person asks about, `age=40 sex=Male,Female`: the typical row, or a holdout's, with some values set."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from ml_ci.behaviours.asks import Ask, Cell
from ml_ci.behaviours.columns import Column, Columns, key
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.problems import suggest

# So many rows are asked about at once: a person reads them.
MOST = 64


@dataclass(frozen=True)
class Wanted:
    """Say which rows are asked about: those of `start`, each with the values of one of `rows` set.

    `start` is the number of a holdout row from 0, None for the typical row. `notes` say what of it no row has.
    """

    start: int | None
    rows: tuple[Mapping[str, Cell], ...]
    notes: tuple[str, ...] = ()

    def values(self, holdout: Columns, number: int = 0) -> dict[str, Cell]:
        """Give every value of one of the rows."""
        if self.start is None:
            own: dict[str, Cell] = {name: column.typical for name, column in holdout.columns.items()}
        else:
            own = holdout.row(self.start)
        return {**own, **self.rows[number]}


def read_wanted(words: Sequence[str], holdout: Columns, label: str, row: int | None = None) -> Wanted:
    """Read `column=value` and `column=value,value` of a command line; several values make a row each.

    `row` is a number of the holdout's from 1. UserError for an unknown column, with a suggestion, for the label, and
    for more rows than a person reads.
    """
    if row is not None and not 1 <= row <= holdout.rows:
        raise UserError(f"--row {row}: the holdout has the rows 1 to {holdout.rows:,}")
    given: dict[str, list[Cell]] = {}
    notes: list[str] = []
    for word in words:
        name, equals, text = word.partition("=")
        column = _find(name.strip(), equals, holdout, label)
        if column.name in given:
            hint = f"Give several values at once: {column.name}=first,second"
            raise UserError(f"{column.name} is given twice", hint=hint)
        given[column.name] = list({key(cell): cell for cell in _cells(text, column)}.values())
        notes += [note for cell in given[column.name] if (note := _note(cell, column))]
    count = math.prod(map(len, given.values()))
    if count > MOST:
        raise UserError(
            f"these are {count:,} rows, and at most {MOST} are asked about at once", hint="Give fewer values."
        )
    rows = [dict(zip(given, cells, strict=True)) for cells in product(*given.values())]
    return Wanted(None if row is None else row - 1, tuple(rows), tuple(notes))


def ask_for(rows: Sequence[Mapping[str, Cell]], start: int | None) -> Ask:
    """Ask for rows of which every value is given; `start` is the holdout row that they were made of."""
    names = list(rows[0]) if rows else []
    numbers = np.full(len(rows), 0 if start is None else start, np.int64)
    return Ask(numbers, {name: [row[name] for row in rows] for name in names})


def _find(name: str, equals: str, holdout: Columns, label: str) -> Column:
    known = list(holdout.columns)
    if not equals:
        example = next(iter(known), "age")
        raise UserError(f"expected column=value, got '{name}'", hint=f"For example: {example}=…")
    if name in holdout.columns:
        return holdout.columns[name]
    if name == label:
        raise UserError(f"'{name}' is the label, which no model is given")
    more = "" if len(known) <= 20 else f" and {len(known) - 20} more"
    hint = f"The holdout has {', '.join(known[:20])}{more}."
    raise UserError(f"the holdout has no column '{name}'{suggest(name, known)}", hint=hint)


def _cells(text: str, column: Column) -> list[Cell]:
    """Read the values of one column: a text with a comma that rows have is one value, and so is one in quotes."""
    if text in column.values:
        return [_cell(text, column)]
    [words] = csv.reader([text], skipinitialspace=True) if text else [[""]]
    return [_cell(word.strip(), column) for word in words]


def _cell(text: str, column: Column) -> Cell:
    if text in column.values:
        return column.cells[column.values.index(text)]
    if not text:
        return None
    if column.kind == "number":
        return _number(text, column.whole)
    if column.kind == "truth" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _number(text: str, whole: bool) -> Cell:
    """Read a number; what is none is asked as the text that it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number) or "_" in text:
        return text
    return int(number) if whole and number == int(number) else number


def _note(cell: Cell, column: Column) -> str:
    """Say what no row of the holdout has: a text it never saw, a number outside of its range, no number at all."""
    if cell is None:
        return "" if None in column.cells else f"{column.name}: no row has a missing value"
    if column.kind == "number":
        if not isinstance(cell, int | float):
            return f"{column.name}: '{cell}' is no number, and is asked as a text"
        low, high = column.numbers[0], column.numbers[-1]
        return "" if low <= cell <= high else f"{column.name}: {cell} is outside of the holdout's {low} to {high}"
    if key(cell) in column.held_by:
        return ""
    return f"{column.name}: no row has '{cell}'{suggest(str(cell), [str(one) for one in column.present])}"
