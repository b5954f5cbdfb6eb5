"""A picture as SVG, of a lineage or of a plan: one file without scripts, fonts or anything else from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from ml_ci.frozen import dataclass
from ml_ci.registry.values import Lineage
from ml_ci.reports.columns import columns_of
from ml_ci.reports.lineage_boxes import Box, Line, Picture, picture
from ml_ci.reports.text import label

_MOST = 2000
_MARGIN, _ROW, _PADDING, _BETWEEN = 10.0, 18.0, 10.0, 14.0
_GAP = 24.0
# What a column of text takes at most, at the sizes below.
_SIGN, _BOLD_SIGN, _CODE_SIGN = 6.6, 7.2, 6.7
_COLOURS = {
    "input": ("#f6f8fa", "#8c959f"),
    "step": ("#f6f8fa", "#0969da"),
    "model": ("#ddf4ff", "#0969da"),
    "pass": ("#dafbe1", "#1a7f37"),
    "fail": ("#ffebe9", "#cf222e"),
    "inconclusive": ("#fff8c5", "#9a6700"),
    "unjudged": ("#fff8c5", "#9a6700"),
    "use": ("#dafbe1", "#1a7f37"),
}
_DARK = {
    "input": ("#161b22", "#6e7681"),
    "step": ("#161b22", "#4493f8"),
    "model": ("#0c2d6b", "#4493f8"),
    "pass": ("#0f2d1a", "#3fb950"),
    "fail": ("#3c1214", "#f85149"),
    "inconclusive": ("#2e2308", "#d29922"),
    "unjudged": ("#2e2308", "#d29922"),
    "use": ("#0f2d1a", "#3fb950"),
}


@dataclass(frozen=True)
class _Placed:
    """A box and where it is drawn, in user units from the left and from above."""

    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def render(lineage: Lineage) -> str:
    """Draw a lineage as a file of SVG, 1,000 wide; it follows the reader's light or dark colours."""
    return write_file(picture(lineage))


def write_file(shown: Picture) -> str:
    """Draw a picture as a file of SVG."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + drawing(shown) + "\n"


def drawing(shown: Picture, *, styled: bool = True) -> str:
    """Draw a picture as an `svg` element, for a page of HTML; one that has the `style` needs it not `styled`."""
    placed = _placed(shown)
    height = max(one.y + one.height for one in placed.values()) + _MARGIN
    width = 2 * _MARGIN + sum(shown.widths) + _GAP * (len(shown.widths) - 1)
    title = _text(shown.title)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" aria-label="{title}" '
            f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
            'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12">',
            f"<title>{title}</title>",
            *([f"<style>{style()}</style>"] if styled else []),
            f'<rect class="paper" width="{width:g}" height="{height:g}" fill="#ffffff"/>',
            *(_arrow(placed[start], placed[end]) for start, end in shown.arrows),
            *(element for one in placed.values() for element in _drawn(one)),
            "</svg>",
        ]
    )


def style() -> str:
    """Give the dark colours; the light ones stand at each element, for what reads no style sheets."""
    dark = [".lineage .paper{fill:#0d1117}.lineage text{fill:#e6edf3}.lineage .quiet{fill:#9198a1}"]
    dark.append(".lineage .arrow{stroke:#6e7681}.lineage .head{fill:#6e7681}")
    dark += [f".lineage .{kind}{{fill:{fill};stroke:{line}}}" for kind, (fill, line) in _DARK.items()]
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(dark)}}}"


def _placed(shown: Picture) -> Mapping[str, _Placed]:
    """Stack the boxes of each column, and centre the columns beside one another."""
    columns = sorted({box.column for box in shown.boxes})
    stacks = {column: [box for box in shown.boxes if box.column == column] for column in columns}
    heights = {column: sum(map(_height, stack)) + _BETWEEN * (len(stack) - 1) for column, stack in stacks.items()}
    tallest = max(heights.values())
    found: dict[str, _Placed] = {}
    for column in columns:
        x = _MARGIN + sum(width + _GAP for width in shown.widths[:column])
        y = _MARGIN + (tallest - heights[column]) / 2
        for box in stacks[column]:
            found[box.name] = _Placed(box, x, y, shown.widths[column], _height(box))
            y += _height(box) + _BETWEEN
    return found


def _height(box: Box) -> float:
    return 2 * _PADDING + _ROW * (1 + len(box.lines)) - 4


def _arrow(start: _Placed, end: _Placed) -> str:
    x, to = start.x + start.width, end.x - 1
    middle = (x + to) / 2
    at, goal = start.middle, _entry(start, end)
    line = f"M{x:g} {at:g}C{middle:g} {at:g} {middle:g} {goal:g} {to - 6:g} {goal:g}"
    head = f"M{to - 7:g} {goal - 4:g}L{to:g} {goal:g}L{to - 7:g} {goal + 4:g}Z"
    return (
        f'<path class="arrow" d="{line}" fill="none" stroke="#8c959f" stroke-width="1.5"/>'
        f'<path class="head" d="{head}" fill="#8c959f"/>'
    )


def _entry(start: _Placed, end: _Placed) -> float:
    """Let an arrow come in straight where it can, otherwise at the nearest place of the box's side."""
    return min(max(start.middle, end.y + 12), end.y + end.height - 12)


def _drawn(one: _Placed) -> Iterator[str]:
    """Draw a box; what would stand out of it is cut off, so that no name covers another."""
    fill, line = _COLOURS[one.box.kind]
    yield f'<svg x="{one.x:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}" overflow="hidden">'
    yield (
        f'<rect class="{one.box.kind}" x="0.75" y="0.75" width="{one.width - 1.5:g}" height="{one.height - 1.5:g}" '
        f'rx="6" fill="{fill}" stroke="{line}" stroke-width="1.5"/>'
    )
    yield _written(Line(one.box.title), one.width, 0, 'font-weight="600" fill="#1f2328"', _BOLD_SIGN)
    for number, said in enumerate(one.box.lines, 1):
        if said.code:
            face = 'class="quiet" font-family="ui-monospace, Consolas, Menlo, monospace" font-size="11" fill="#59636e"'
            yield _written(said, one.width, number, face, _CODE_SIGN)
        else:
            yield _written(said, one.width, number, 'fill="#1f2328"', _SIGN)
    yield "</svg>"


def _written(line: Line, width: float, row: int, face: str, sign: float) -> str:
    """Write a line of a box; one that is cut has the whole text where the pointer rests on it."""
    y = _PADDING + _ROW * row + 11
    shown = _fitting(label(line.text, 400), int((width - 2 * _PADDING) / sign), line.ends)
    whole = label(line.whole or line.text, _MOST)
    title = f"<title>{_text(whole)}</title>" if whole != shown else ""
    return f'<text x="{_PADDING:g}" y="{y:g}" {face}>{title}{_text(shown)}</text>'


def _fitting(text: str, columns: int, ends: bool) -> str:
    """Cut a text to the columns that there are, at its beginning where its end says more; a wide sign takes two."""
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) > columns - 1:
        text = text[1:] if ends else text[:-1]
    return "…" + text.lstrip() if ends else text.rstrip() + "…"


def _text(value: str) -> str:
    """Clean and escape a text; two further signs that XML knows no way to write are left out."""
    return escape(label(value, _MOST).replace("\ufffe", "").replace("\uffff", ""))
