"""The model card as one HTML page without anything from elsewhere: it can be filed, mailed and printed."""

from __future__ import annotations

from ml_ci.reports.card_values import Card, Grid, Section
from ml_ci.reports.lineage_svg import drawing, style
from ml_ci.reports.page.head import document, joined
from ml_ci.reports.page.markup import NOTHING, Html, join, quoted, tag, text
from ml_ci.reports.page.verdict import fields
from ml_ci.reports.text import label

_MOST = 4000
_CLASSES = {"r": "number", "c": "code", "n": "short"}


def render(card: Card) -> str:
    """Draw a card as HTML, of the parts of a report's page; it follows the reader's colours, and prints."""
    title = f"Model card: {card.title}"
    sections = (_section(number, section) for number, section in enumerate(card.sections, 1))
    body = tag("main", joined(tag("h1", title), _contents(card), *sections))
    return document(title, body, ("look.css", "fields.css", "card.css"), more=style())


def _contents(card: Card) -> Html:
    links = (tag("a", one.title, href=f"#s{number}") for number, one in enumerate(card.sections, 1))
    return tag("nav", join(links, " "), aria_label="Sections")


def _section(number: int, section: Section) -> Html:
    parts = [tag("h2", section.title), *(tag("p", quoted(one, _MOST)) for one in section.paragraphs)]
    if section.fields is not None:
        parts.append(fields(section.fields))
    if section.picture is not None:
        parts.append(tag("div", Html(drawing(section.picture, styled=False)), class_="wide"))
    parts += [_table(grid) for grid in section.grids]
    if section.code:
        parts.append(tag("pre", join((text(label(line, _MOST)) for line in section.code), "\n")))
    return tag("section", joined(*parts), id=f"s{number}")


def _table(grid: Grid) -> Html:
    """Draw a table in a frame that scrolls where it finds no room; its first column names the rows."""
    headed = any(grid.head)
    titles = (tag("th", text(cell), scope="col", class_=_class(grid, at)) for at, cell in enumerate(grid.head))
    head = tag("thead", tag("tr", *titles)) if headed else NOTHING
    drawn = tag(
        "table", head, tag("tbody", *(_row(grid, row) for row in grid.rows)), class_=None if headed else "facts"
    )
    return tag("div", drawn, class_="wide", tabindex="0", role="region", aria_label=grid.head[0] or "facts")


def _row(grid: Grid, row: tuple[str, ...]) -> Html:
    first, *rest = (quoted(cell, _MOST) for cell in row)
    cells = (tag("td", cell, class_=_class(grid, at)) for at, cell in enumerate(rest, 1))
    return tag("tr", tag("th", first, scope="row"), *cells)


def _class(grid: Grid, at: int) -> str | None:
    return _CLASSES.get(grid.sides[at : at + 1])
