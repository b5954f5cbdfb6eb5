"""The model card as one HTML page without anything from elsewhere: it can be filed, mailed and printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from ml_ci.reports.card import Card, Grid
from ml_ci.reports.text import label

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{border:1px solid #d0d7de;padding:.25rem .6rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f6f8fa}"
    "pre{background:#f6f8fa;padding:.6rem}"
)


def render(card: Card) -> str:
    """Draw a card as HTML."""
    title = f"Model card: {_text(card.title)}"
    head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>'
    return "\n".join([head, f"<h1>{title}</h1>", *_sections(card), "</html>", ""])


def _sections(card: Card) -> Iterator[str]:
    for section in card.sections:
        yield f"<h2>{_text(section.title)}</h2>"
        yield from (f"<p>{_text(paragraph)}</p>" for paragraph in section.paragraphs)
        for grid in section.grids:
            yield from _table(grid)
        if section.code:
            yield f"<pre>{_text(section.code)}</pre>"


def _table(grid: Grid) -> Iterator[str]:
    yield "<table>"
    if any(grid.head):
        yield _row(grid.head, "th")
    yield from (_row(cells, "td") for cells in grid.rows)
    yield "</table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + "</tr>"


def _text(value: str) -> str:
    return escape(label(value, 2000))
