"""What changes a model's decision about a row: each column by itself, to values that may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ml_ci.behaviours.asks import NO_DECISION, Answers, Asker, Cell
from ml_ci.behaviours.columns import Column, Columns, key
from ml_ci.behaviours.shown import POINTS, between, may_show, thin
from ml_ci.behaviours.wanted import ask_for
from ml_ci.frozen import dataclass

# Between the last value that keeps the decision and the first that changes it, so often a nearer one is looked for.
_ROUNDS = 3
_SHOWN = 3


@dataclass(frozen=True)
class Change:
    """One column that changes the decision by itself, from `now` to any of `values`: the nearest, or frequent ones."""

    column: str
    values: tuple[Cell, ...]
    now: Cell = None


@dataclass(frozen=True)
class Sway:
    """One column that changes no decision, and the lowest and highest score that it leads to."""

    column: str
    low: float
    high: float


@dataclass
class _Way:
    """A column and the values that are tried for it, nearest first, until one of them changes the decision."""

    column: Column
    values: Sequence[Cell]
    found: Cell = None
    flips: bool = False


def find_changes(asker: Asker, holdout: Columns, row: Mapping[str, Cell], start: int | None) -> tuple[Change, ...]:
    """Give the columns of which one value changes the decision about a row, nothing else being changed.

    Numbers are approached from below and above, other columns have their most frequent values tried. What fewer than 5
    rows have is not tried. () where the model decides nothing about the row.
    """
    own = int(asker(ask_for([row], start)).decisions[0])
    if own == NO_DECISION:
        return ()
    ways = [way for name, column in holdout.columns.items() for way in _ways(column, row[name])]
    for _ in range(_ROUNDS):
        tried = [(way, place) for way in ways for place in thin(way.values) if way.values]
        if not tried:
            break
        rows = [{**row, way.column.name: way.values[place]} for way, place in tried]
        decisions = asker(ask_for(rows, start)).decisions.tolist()
        for way in ways:
            _narrow(
                way, own, [(place, said) for (one, place), said in zip(tried, decisions, strict=True) if one is way]
            )
    numbers = [Change(way.column.name, (way.found,)) for way in ways if way.flips]
    return _join([*numbers, *_others(asker, holdout, row, start, own)], row)


def _ways(column: Column, own: Cell) -> list[_Way]:
    """Give the two ways from a number: down to the lowest, and up to the highest."""
    if column.kind != "number" or not column.numbers or isinstance(own, str | bool) or own is None:
        return []
    ends = [end for end in (column.numbers[0], column.numbers[-1]) if key(end) != key(own)]
    return [_Way(column, _leave([*between(column, own, end), *_may(column, end)], own)) for end in ends]


def _may(column: Column, cell: Cell) -> list[Cell]:
    return [cell] if may_show(column, cell) else []


def _leave(values: Sequence[Cell], own: Cell) -> list[Cell]:
    return [value for value in values if key(value) != key(own)]


def _narrow(way: _Way, own: int, said: Sequence[tuple[int, int]]) -> None:
    """Keep the values between the last that keeps the decision and the first that changes it."""
    first = next((place for place, decision in said if decision not in (own, NO_DECISION)), None)
    if first is None:
        way.values = ()
        return
    before = max((place for place, _ in said if place < first), default=-1)
    way.found, way.flips = way.values[first], True
    way.values = way.values[before + 1 : first]


def _others(asker: Asker, holdout: Columns, row: Mapping[str, Cell], start: int | None, own: int) -> list[Change]:
    tried = [
        (name, cell)
        for name, column in holdout.columns.items()
        if column.kind != "number"
        for cell in [one for one in column.present if may_show(column, one) and key(one) != key(row[name])][:POINTS]
    ]
    if not tried:
        return []
    decisions = asker(ask_for([{**row, name: cell} for name, cell in tried], start)).decisions.tolist()
    found: dict[str, list[Cell]] = {}
    for (name, cell), decision in zip(tried, decisions, strict=True):
        if decision not in (own, NO_DECISION):
            found.setdefault(name, []).append(cell)
    return [Change(name, tuple(cells[:_SHOWN])) for name, cells in found.items()]


def _join(changes: Sequence[Change], row: Mapping[str, Cell]) -> tuple[Change, ...]:
    found: dict[str, tuple[Cell, ...]] = {}
    for change in changes:
        found[change.column] = (*found.get(change.column, ()), *change.values)
    return tuple(Change(name, found[name], now) for name, now in row.items() if name in found)


def find_sways(
    asker: Asker, holdout: Columns, row: Mapping[str, Cell], start: int | None, most: int = 3
) -> tuple[Sway, ...]:
    """Give the columns that move the score of a row farthest, nothing else being changed, widest first."""
    tried = [(name, cell) for name, column in holdout.columns.items() for cell in _spread(column)]
    if not tried:
        return ()
    answers: Answers = asker(ask_for([{**row, name: cell} for name, cell in tried], start))
    found = []
    for name in holdout.columns:
        scores = answers.scores[[place for place, (one, _) in enumerate(tried) if one == name]]
        scores = scores[~np.isnan(scores)]
        if len(scores) and scores.max() > scores.min():
            found.append(Sway(name, float(scores.min()), float(scores.max())))
    return tuple(sorted(found, key=lambda one: one.low - one.high)[:most])


def _spread(column: Column) -> list[Cell]:
    values: list[Cell] = [one for one in column.numbers if may_show(column, one)]
    if column.kind != "number":
        values = [one for one in column.present if may_show(column, one)][:POINTS]
    return [values[place] for place in thin(values)]
