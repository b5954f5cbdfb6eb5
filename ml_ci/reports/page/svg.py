"""Small drawings of the page itself: squares, and intervals around a limit. Colours have a value without styles."""

from __future__ import annotations

from ml_ci.reports.page.markup import Html, tag

NEW, OLD = "var(--new,#0969da)", "var(--old,#6e7781)"
EMPTY, GOOD, BAD = "var(--empty,#e4e8ec)", "var(--good-soft,#dafbe1)", "var(--bad-soft,#ffebe9)"
INK = "var(--ink,#1f2328)"


def drawing(width: float, height: float, said: str, *shapes: Html, **more: str) -> Html:
    """Give a picture of these user units that says what it shows to who cannot see it; "" is said beside it already."""
    seen: dict[str, str] = {"role": "img", "aria_label": said} if said else {"aria_hidden": "true"}
    return tag("svg", *shapes, viewBox=f"0 0 {width:g} {height:g}", **seen, **more)


def number(value: float) -> str:
    """Write a coordinate: one decimal is a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
