"""The model card as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ml_ci.reports.card import Card, Grid
from ml_ci.reports.escaping import fence, text


def render(made: Card) -> str:
    """Draw a card as Markdown."""
    lines = [f"# Model card: {text(made.title)}", ""]
    for section in made.sections:
        lines += [f"## {section.title}", ""]
        for paragraph in section.paragraphs:
            lines += [text(paragraph), ""]
        for grid in section.grids:
            lines += [*_rows(grid), ""]
        if section.code:
            lines += [fence([section.code], "sh"), ""]
    return "\n".join(lines)


def _rows(grid: Grid) -> Iterator[str]:
    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(text(cell) for cell in cells)} |"

    yield row(grid.head)
    yield "|" + "---|" * len(grid.head)
    yield from (row(cells) for cells in grid.rows)
