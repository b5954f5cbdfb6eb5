"""Cells of text, padded to columns by the width that a terminal gives them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

GAP = "  "


def columns_of(text: str) -> int:
    """Give the columns that a text takes on a terminal: two for wide signs, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(_sign_width(sign) for sign in text)


def padded(rows: Sequence[Sequence[str]], sides: str) -> list[list[str]]:
    """Pad the cells of each column to its widest; `sides` has `l` or `r` per column. Empty columns are dropped."""
    if not rows:
        return []
    widths = [max(columns_of(row[at]) for row in rows) for at in range(len(sides))]
    used = [at for at in range(len(sides)) if widths[at]]
    return [[_pad(row[at], widths[at], sides[at]) for at in used] for row in rows]


def total(rows: Sequence[Sequence[str]]) -> int:
    """Give the width of padded rows with the gaps between their columns."""
    return max((sum(map(columns_of, row)) + len(GAP) * (len(row) - 1) for row in rows), default=0)


def _pad(text: str, to: int, side: str) -> str:
    space = " " * (to - columns_of(text))
    return space + text if side == "r" else text + space


def _sign_width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
