"""The labels of the holdout, and which of them are positive."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml_ci.child.labels import Classes
from ml_ci.errors import UserError
from ml_ci.evaluation.comparison import Comparison, show, stand
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import brief
from ml_ci.tables.duck import literal, trim
from ml_ci.tables.table import Table

ABSENT = frozenset({"", "nan", "NaN", "-nan"})


@dataclass(frozen=True, eq=False)
class Labels:
    """Hold the holdout's labels.

    `y_true` is bool of shape (rows,): positive or not. `codes` gives for each row the position of its class in `names`
    (canonical texts, sorted); both are empty where `positive` is a comparison of numbers.
    """

    y_true: NDArray[np.bool_]
    codes: NDArray[np.int32]
    names: tuple[str, ...] = ()


def read_labels(table: Table, label: str, positive: Positive) -> Labels:
    """Read the label column, by canonical equality with the positive values or by exact comparison.

    UserError when there is no such column, a label is missing (with its line), no label is positive, or every one is.
    """
    if positive.comparison is not None:
        return _compare(table, label, positive.comparison)
    counts = positive_counts(table, label, positive)
    classes = classes_of(counts, positive)
    codes, values = table.codes([label])
    keys = [classes.names[value] for (value,) in values]
    names = sorted(set(keys))
    place = {name: position for position, name in enumerate(names)}
    places = np.array([place[key] for key in keys], np.int32)
    is_positive = np.array([key in classes.positive for key in keys])
    return Labels(is_positive[codes], places[codes], tuple(names))


def classes_of(labels: Mapping[str, int], positive: Positive) -> Classes:
    """Give the classes of a label column, whose distinct texts are given: the one way in which labels are compared."""
    return Classes(labels, positive.values, positive.comparison)


def y_true(table: Table, label: str, positive: Positive) -> NDArray[np.bool_]:
    """Give which rows are positive, bool of shape (rows,); see read_labels."""
    return read_labels(table, label, positive).y_true


def known_labels(table: Table, label: str, positive: Positive) -> tuple[str, ...]:
    """Give the distinct labels by which a prediction is known to be a class.

    Where numbers are compared: those that 0, 1, true and false may be, and one of the others, if there are others.
    """
    if positive.comparison is None:
        return tuple(table.counts(label))
    value = trim(table.sql(label))
    may_be = f"coalesce({table.number_sql(label)} IN (0, 1) OR lower({value}) IN ('true', 'false'), false)"
    other = table.count_where(f"NOT {may_be}") > 0
    return (*table.distinct(label, may_be), *(["other"] if other else []))


def positive_counts(table: Table, label: str, positive: Positive) -> Mapping[str, int]:
    """Count the distinct labels, having refused missing ones, no positive one, and nothing but positive ones."""
    counts = table.counts(label)
    if absent := sum(rows for value, rows in counts.items() if value in ABSENT):
        raise missing(table, label, absent)
    classes = classes_of(counts, positive)
    positives = sum(rows for value, rows in counts.items() if classes.names[value] in classes.positive)
    if positives == 0:
        said = " or ".join(repr(str(value)) for value in positive.values)
        raise UserError(
            f"positive value {said} never occurs in column {label!r} of {table.shown}; it has: {_list(counts)}",
            hint="Set `positive:` to the value that means the positive class.",
        )
    if positives == table.rows:
        raise UserError(
            f"every row of {table.shown} is positive: column {label!r} has only {_list(counts)}",
            hint="Without negatives there are no false positives to count: add rows of the other class to the holdout.",
        )
    return counts


def _compare(table: Table, label: str, comparison: Comparison) -> Labels:
    numbers, positive = stand(table, label, comparison)
    if np.isnan(numbers).any():
        raise missing(table, label, int(np.isnan(numbers).sum()))
    refuse_single_class(int(positive.sum()), table, label, comparison)
    return Labels(positive, np.zeros(0, np.int32))


def refuse_missing_numbers(table: Table, label: str) -> None:
    """Raise UserError for labels that are to be compared, and are missing or no numbers."""
    number = table.number_sql(label)
    if not table.count_where(f"coalesce(isnan({number}), true)"):
        return
    table.refuse_text(label)
    raise missing(table, label, table.count_where(f"coalesce(isnan({number}), true)"))


def refuse_single_class(positives: int, table: Table, label: str, comparison: Comparison) -> None:
    """Raise UserError unless a comparison splits the labels in two classes."""
    if 0 < positives < table.rows:
        return
    low, high = table.span(label)
    symbol, bound = comparison
    who = "every" if positives else "no"
    raise UserError(
        f"{who} label in column {label!r} of {table.shown} is {symbol} {show(bound)}; "
        f"they lie between {low:g} and {high:g}",
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
    return table.first(f"{trim(table.sql(label))} IN ({', '.join(map(literal, sorted(ABSENT)))})")


def _list(counts: Mapping[str, int]) -> str:
    shown = [f"{brief(value)} ({rows:,})" for value, rows in list(counts.items())[:8]]
    return ", ".join(shown) + (f" and {len(counts) - 8:,} more" if len(counts) > 8 else "")


def unused_notes(table: Table, label: str, positive: Positive) -> tuple[str, ...]:
    """Name the positive values that no row has, where others have them."""
    counts = table.counts(label)
    return tuple(
        f"positive value {value!r} never occurs in column {label!r} of {table.shown}; it has: {_list(counts)}"
        for value in sorted(classes_of(counts, positive).unused)
    )
