"""The model card as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ml_ci.reports.card_values import Card, Grid, Section
from ml_ci.reports.escaping import fence, text
from ml_ci.reports.lineage import flowchart
from ml_ci.reports.text import label

_MOST = 4000
_RULES = {"r": "---:"}


def render(made: Card) -> str:
    """Draw a card as Markdown; its picture is Mermaid, which GitHub draws."""
    lines = [f"# Model card: {text(made.title)}", ""]
    for section in made.sections:
        lines += [f"## {section.title}", "", *_section(section)]
    return "\n".join(lines)


def _section(section: Section) -> Iterator[str]:
    for paragraph in section.paragraphs:
        yield from (text(paragraph), "")
    if section.picture is not None:
        yield from (fence(list(flowchart(section.picture)), "mermaid"), "")
    for grid in section.grids:
        yield from (*_rows(grid), "")
    if section.code:
        yield from (fence([label(line, _MOST) for line in section.code], "sh"), "")


def _rows(grid: Grid) -> Iterator[str]:
    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(text(cell, _MOST) for cell in cells)} |"

    yield row(grid.head)
    yield "|" + "".join(f"{_RULES.get(grid.sides[at : at + 1], '---')}|" for at in range(len(grid.head)))
    yield from (row(cells) for cells in grid.rows)
