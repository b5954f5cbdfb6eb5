"""Pieces of GitHub's Markdown that several tables and sections are made of; what they get is escaped already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ml_ci.gates.values import Verdict
from ml_ci.reports.escaping import code, text
from ml_ci.reports.pieces import Code, Sentence

# Above this a table is written without the padding that makes it pleasant as plain text.
_LARGE_TABLE = 6_000
# What GitHub draws in colour: red, yellow, green.
_ALERTS: dict[Verdict, str] = {
    "pass": "TIP",
    "fail": "CAUTION",
    "inconclusive": "WARNING",
    "error": "CAUTION",
    "unjudged": "WARNING",
}


def sentence(pieces: Sentence) -> str:
    """Escape a sentence, with its names of files and commands as code."""
    return "".join(code(piece) if isinstance(piece, Code) else _piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    """Escape a piece of a sentence; the spaces at its ends join it to its neighbours."""
    return " " * piece.startswith(" ") + text(piece) + " " * (piece.endswith(" ") and bool(piece.strip()))


def alert(verdict: Verdict, lines: Sequence[str]) -> str:
    """Set lines in the colour of a verdict, as GitHub's alerts are, each a paragraph; "" without lines."""
    shown = "\n>\n".join(f"> {line}" for line in lines if line)
    return f"> [!{_ALERTS[verdict]}]\n{shown}" if shown else ""


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """Fold a body away under a summary."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def together(words: str) -> str:
    """Escape short words, and keep them on one line of a narrow cell."""
    return text(words).replace(" ", "\xa0")


def table(headers: list[str], rows: list[list[str]], alignment: str) -> str:
    """Give a GitHub table of escaped cells; `alignment` has a letter per column: c, l or r."""
    from tabulate import tabulate

    words = {"c": "center", "l": "left", "r": "right"}
    align = [words[letter] for letter in alignment[: len(headers)]]
    drawn = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=align)
    return re.sub(r" {2,}", " ", drawn) if len(drawn) > _LARGE_TABLE else drawn
