"""The model card as one HTML page without anything from elsewhere: it can be filed, mailed and printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from importlib import resources

from ml_ci.reports.card_values import Card, Grid, Section
from ml_ci.reports.lineage_svg import drawing
from ml_ci.reports.text import label

_MOST = 4000
_QUOTED = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_CLASSES = {"r": ' class="number"', "c": ' class="code"', "n": ' class="short"'}


def render(card: Card) -> str:
    """Draw a card as HTML; it follows the reader's light or dark colours, and prints in black on white."""
    title = f"Model card: {_text(card.title)}"
    style = resources.files("ml_ci.reports").joinpath("card.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>",
            *_contents(card),
            *(line for number, section in enumerate(card.sections, 1) for line in _section(number, section)),
            "</main>\n</body>\n</html>",
            "",
        ]
    )


def _contents(card: Card) -> Iterator[str]:
    links = (f'<a href="#s{number}">{_text(one.title)}</a>' for number, one in enumerate(card.sections, 1))
    yield f'<nav aria-label="Sections">{" ".join(links)}</nav>'


def _section(number: int, section: Section) -> Iterator[str]:
    yield f'<section id="s{number}">\n<h2>{_text(section.title)}</h2>'
    yield from (f"<p>{_quoted(paragraph)}</p>" for paragraph in section.paragraphs)
    if section.picture is not None:
        yield f'<div class="wide">\n{drawing(section.picture)}\n</div>'
    for grid in section.grids:
        yield from _table(grid)
    if section.code:
        yield f"<pre>{escape(chr(10).join(label(line, _MOST) for line in section.code))}</pre>"
    yield "</section>"


def _table(grid: Grid) -> Iterator[str]:
    """Draw a table in a frame that scrolls where it finds no room; its first column names the rows."""
    headed = any(grid.head)
    yield f'<div class="wide"><table{"" if headed else " class=facts"}>'
    if headed:
        cells = "".join(f'<th scope="col"{_class(grid, at)}>{_text(cell)}</th>' for at, cell in enumerate(grid.head))
        yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in grid.rows:
        first, *rest = (_quoted(cell) for cell in row)
        cells = "".join(f"<td{_class(grid, at)}>{cell}</td>" for at, cell in enumerate(rest, 1))
        yield f'<tr><th scope="row">{first}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _class(grid: Grid, at: int) -> str:
    return _CLASSES.get(grid.sides[at : at + 1], "")


def _quoted(value: str) -> str:
    """Escape a text; what our own messages quote in backticks becomes code."""
    pieces = _QUOTED.split(label(value, _MOST))
    return "".join(f"<code>{escape(piece)}</code>" if at % 2 else escape(piece) for at, piece in enumerate(pieces))


def _text(value: str) -> str:
    return escape(label(value, _MOST))
