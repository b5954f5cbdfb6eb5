"""Tables that become cards where there is no room for columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_ci.frozen import dataclass
from ml_ci.reports.page.markup import NOTHING, Html, join, tag


@dataclass(frozen=True)
class Column:
    """A column: its title, whether it holds numbers, and what sorts it (`text`, `number`, "" for nothing).

    `first` is how it is sorted at first: `ascending`, `descending`, or "" where another column is.
    """

    title: str
    numbers: bool = False
    sorts: str = ""
    first: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell, and the number that it is sorted by, where that is not what it says."""

    inside: Html
    value: float | None = None


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell | Html]], *, labels: bool = True, **more: str
) -> Html:
    """Draw a table; the first cell of a row names it, the others know their column's title for when they are cards.

    Without `labels` they do not, and need no more bytes than they have to: of a long table the style says it.
    """
    shown = [_row(columns, row, labels) for row in rows]
    if not shown:
        return NOTHING
    head = tag("thead", tag("tr", *(_head(one) for one in columns)))
    return tag("table", head, tag("tbody", *shown), **more)


def _head(column: Column) -> Html:
    kind = "number" if column.numbers else None
    return tag(
        "th", column.title, scope="col", class_=kind, data_sort=column.sorts or None, aria_sort=column.first or None
    )


def _row(columns: Sequence[Column], row: Sequence[Cell | Html], labels: bool) -> Html:
    cells = [_cell(column, cell, at, labels) for at, (column, cell) in enumerate(zip(columns, row, strict=True))]
    return tag("tr", *cells)


def _cell(column: Column, cell: Cell | Html, at: int, labels: bool) -> Html:
    inside, value = (cell.inside, cell.value) if isinstance(cell, Cell) else (cell, None)
    sorted_by = None if value is None else f"{value:.4g}"
    if not at:
        return tag("th", inside, scope="row" if labels else None, data_value=sorted_by)
    kind = "number" if column.numbers else None
    return tag("td", inside, class_=kind, data_label=(column.title or None) if labels else None, data_value=sorted_by)


def lines(*pieces: Html) -> Html:
    """Put pieces on lines of their own within a cell."""
    return join((piece for piece in pieces if piece), Html(" <br>"))
