"""Drift of the data, column by column: those that moved by more than noise, and the others in one row."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.changes.drift import ColumnDrift
from ml_ci.reports.numbers import decimal
from ml_ci.reports.page.markup import Html, code, join, tag, text
from ml_ci.reports.page.sheet import fold
from ml_ci.reports.page.svg import NEW, OLD, drawing, number
from ml_ci.reports.page.tables import Cell, Column, table
from ml_ci.reports.text import plural
from ml_ci.reports.values import ModelReport

_MOST = 100
_WIDTH, _HEIGHT = 160.0, 10.0


def drifted(model: ModelReport) -> Html:
    """Fold away how far each column moved, entry by entry; nothing where it is not known."""
    found = model.pictures.drift if model.pictures is not None else ()
    parts = list(dict.fromkeys(one.part for one in found))
    return join(_part(part, [one for one in found if one.part == part]) for part in parts)


def _part(part: str, found: Sequence[ColumnDrift]) -> Html:
    moved = sorted((one for one in found if one.told), key=lambda one: -one.bits)
    still = len(found) - len(moved)
    shown = moved[:_MOST]
    top = max([one.bits for one in shown], default=1.0)
    columns = [
        Column("column", sorts="text"),
        Column("mean before", True),
        Column("mean now", True),
        Column("Jensen–Shannon, bits", sorts="number", first="descending"),
    ]
    rows: list[list[Cell | Html]] = [[code(one.column, 120), *_means(one), _far(one, top)] for one in shown]
    if len(moved) > len(shown):
        rows.append(
            [text(f"{plural(len(moved) - len(shown), 'more column')} that moved"), text(""), text(""), text("")]
        )
    if still:
        others = f"{plural(still, 'other column')}" if moved else plural(still, "column")
        rows.append([text(others), text(""), text(""), Cell(text("no more than noise"), -1.0)])
    said = (
        f": {plural(len(moved), 'column')} moved by more than noise"
        if moved
        else ": no column moved by more than noise"
    )
    return fold(
        join((text("Drift of "), code(part, 80), text(said))), table(columns, rows, class_="drift"), opened=bool(moved)
    )


def _means(one: ColumnDrift) -> list[Html]:
    if one.means is None:
        return [text(""), text("")]
    return [text(decimal(mean)) for mean in one.means]


def _far(one: ColumnDrift, top: float) -> Cell:
    """Say and draw how far a column moved, and what two samples of one distribution would show."""
    ends = [tag("rect", x="0", y="2", width=number(_WIDTH * min(one.bits / top, 1)), height="6", fill=NEW, rx="2")]
    noise = number(_WIDTH * min(one.noise / top, 1))
    ends.append(tag("path", d=f"M{noise} 0v10", stroke=OLD, stroke_width="2"))
    said = f"{decimal(one.bits)}; noise {decimal(one.noise)}"
    return Cell(join((text(decimal(one.bits)), drawing(_WIDTH, _HEIGHT, said, *ends, class_="bar"))), one.bits)
