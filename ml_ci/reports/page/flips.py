"""The rows that one side gets right and the other wrong, by their line in the holdout: never by their values."""

from __future__ import annotations

from ml_ci.evaluation.pictures import Flip, Flips
from ml_ci.reports.numbers import decimal
from ml_ci.reports.page.markup import NOTHING, Html, join, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, fold, lead
from ml_ci.reports.page.tables import Cell, Column, table
from ml_ci.reports.text import plural

# So many rows are shown of a report's only model, and of one of several.
_ALONE, _OF_SEVERAL = 60, 8


def flips(sheet: Sheet) -> Part:
    """Give the section of the rows that flipped; nothing where none did, and without a baseline."""
    found = sheet.model.pictures.flips if sheet.model.pictures is not None else None
    number = 0 if found is None else found.new_fp + found.new_fn + found.gone_fp + found.gone_fn
    if found is None or not number:
        return Part("flips", "rows", "Rows that flipped", NOTHING)
    rows = sheet.model.candidate.confusion.rows if sheet.model.candidate else 0
    of = f" of {rows:,}" if rows else ""
    decided = "row is" if number == 1 else "rows are"
    said = (
        f"{number:,}{of} {decided} decided differently. Rows are named by their place in the holdout; their "
        "values stay out of this file."
    )
    body = join((lead(said), _tiles(found), _rows(found, _ALONE if sheet.alone else _OF_SEVERAL)))
    return Part("flips", "rows", "Rows that flipped", body)


def _tiles(found: Flips) -> Html:
    """Say the four counts, worse ones first; those that are 0, too."""
    tiles = (
        (found.new_fn, "found before, missed now", "worse"),
        (found.new_fp, "left alone before, false alarm now", "worse"),
        (found.gone_fn, "missed before, found now", "better"),
        (found.gone_fp, "false alarm before, left alone now", "better"),
    )
    shown = [
        tag("div", tag("b", f"{number:,}", class_=tone if number else "even"), tag("span", said))
        for number, said, tone in tiles
    ]
    return tag("div", *shown, class_="tiles")


def _rows(found: Flips, most: int) -> Html:
    """Fold the rows away, those whose score moved most first."""
    shown = sorted(found.rows, key=lambda one: -abs(one.candidate - one.baseline))[:most]
    if not shown:
        return NOTHING
    every = found.new_fp + found.new_fn + found.gone_fp + found.gone_fn
    named = (
        "The row"
        if every == 1
        else f"The {every:,} rows"
        if len(shown) == every
        else f"{plural(len(shown), 'row')} of {every:,}"
    )
    columns = [Column("row", sorts="number"), Column("what it is and how it is decided", sorts="text")]
    columns += [
        Column("baseline", True),
        Column("candidate", True),
        Column("moved", True, "number", "descending"),
    ] * found.scored
    cells = [[text(f"{one.row:,}"), text(_decided(one)), *(_scores(one) if found.scored else [])] for one in shown]
    return fold(
        text(f"{named}{', by how far the score moved' if found.scored else ''}"), table(columns, cells, class_="rows")
    )


def _decided(one: Flip) -> str:
    if one.positive:
        return "positive: missed now" if one.wrong else "positive: found now"
    return "negative: false alarm now" if one.wrong else "negative: left alone now"


def _scores(one: Flip) -> list[Html | Cell]:
    moved = one.candidate - one.baseline
    shown = f"{moved:+.3f}".replace("-", "−")
    return [text(decimal(one.baseline)), text(decimal(one.candidate)), Cell(text(shown), abs(moved))]
