"""The labels of the holdout, and which of them are positive."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import brief, canonical, same
from ml_ci.tables.duck import literal, trimmed
from ml_ci.tables.table import Table

ABSENT = frozenset({"", "nan", "NaN", "-nan"})
COMPARE = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, eq=False)
class Labels:
    """Hold the holdout's labels.

    `y_true` is bool of shape (rows,): positive or not. `codes` gives for each row the position of its class in `names`
    (canonical texts, sorted); both are empty where `positive` is a comparison of numbers. `notes` are for the user.
    """

    y_true: NDArray[np.bool_]
    codes: NDArray[np.int32]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_labels(table: Table, label: str, positive: Positive) -> Labels:
    """Read the label column, by canonical equality with the positive values or by comparison.

    UserError when there is no such column, a label is missing (with its line), no label is positive, or every one is.
    """
    if positive.comparison is not None:
        return _compared(table, label, positive.comparison)
    counts = positive_counts(table, label, positive)
    codes, values = table.codes([label])
    keys = [canonical(value) for (value,) in values]
    names = sorted(set(keys))
    place = np.array([names.index(key) for key in keys], np.int32)
    wanted = same(positive.values)
    is_positive = np.array([key in wanted for key in keys])
    return Labels(is_positive[codes], place[codes], tuple(names), _unused(wanted, names, counts, table, label))


def y_true(table: Table, label: str, positive: Positive) -> NDArray[np.bool_]:
    """Give which rows are positive, bool of shape (rows,); see read_labels."""
    return read_labels(table, label, positive).y_true


def positive_counts(table: Table, label: str, positive: Positive) -> Mapping[str, int]:
    """Count the distinct labels, having refused missing ones, no positive one, and nothing but positive ones."""
    counts = table.counts(label)
    if absent := sum(rows for value, rows in counts.items() if value in ABSENT):
        raise missing(table, label, absent)
    wanted = same(positive.values)
    positives = sum(rows for value, rows in counts.items() if canonical(value) in wanted)
    if positives == 0:
        said = " or ".join(repr(str(value)) for value in positive.values)
        raise UserError(
            f"positive value {said} never occurs in column {label!r} of {table.shown}; it has: {_listed(counts)}",
            hint="Set `positive:` to the value that means the positive class.",
        )
    if positives == table.rows:
        raise UserError(
            f"every row of {table.shown} is positive: column {label!r} has only {_listed(counts)}",
            hint="Without negatives there are no false positives to count: add rows of the other class to the holdout.",
        )
    return counts


def _compared(table: Table, label: str, comparison: tuple[str, float]) -> Labels:
    numbers = table.numbers(label)
    if np.isnan(numbers).any():
        raise missing(table, label, int(np.isnan(numbers).sum()))
    symbol, bound = comparison
    positive = COMPARE[symbol](numbers, bound)
    refuse_single_class(int(positive.sum()), table, label, comparison, (float(numbers.min()), float(numbers.max())))
    return Labels(np.asarray(positive, np.bool_), np.zeros(0, np.int32))


def refuse_single_class(
    positives: int, table: Table, label: str, comparison: tuple[str, float], span: tuple[float, float]
) -> None:
    """Raise UserError unless a comparison splits the labels, which lie within `span`, in two classes."""
    if 0 < positives < table.rows:
        return
    symbol, bound = comparison
    who = "every" if positives else "no"
    raise UserError(
        f"{who} label in column {label!r} of {table.shown} is {symbol} {bound:g}; "
        f"they lie between {span[0]:g} and {span[1]:g}",
        hint="Set `positive:` to a comparison that splits them.",
    )


def missing(table: Table, label: str, rows: int) -> UserError:
    """Name the first row of `rows` that have no label."""
    first = first_missing(table, label) or 0
    more = f" (and {rows - 1:,} rows more)" if rows > 1 else ""
    return UserError(
        f"{table.where(first)}: no label in column {label!r}{more}",
        hint="Every row of the holdout needs its label: fill it in, or remove the row.",
    )


def first_missing(table: Table, label: str) -> int | None:
    """Give the first row that has no label: nothing, or NaN."""
    return table.first(f"{trimmed(table.sql(label))} IN ({', '.join(map(literal, sorted(ABSENT)))})")


def _listed(counts: Mapping[str, int]) -> str:
    shown = [f"{brief(value)} ({rows:,})" for value, rows in list(counts.items())[:8]]
    return ", ".join(shown) + (f" and {len(counts) - 8:,} more" if len(counts) > 8 else "")


def _unused(
    wanted: frozenset[str], names: list[str], counts: Mapping[str, int], table: Table, label: str
) -> tuple[str, ...]:
    return tuple(
        f"positive value {value!r} never occurs in column {label!r} of {table.shown}; it has: {_listed(counts)}"
        for value in sorted(wanted.difference(names))
    )
