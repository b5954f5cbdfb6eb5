"""What models say of rows that a person asks about, in words and as JSON: `ml-ci ask`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.counterexample import COLUMNS, show
from ml_ci.behaviours.told import Reply, Told
from ml_ci.reports.text import label

_NARROW, _ANSWER, _MOST = 24, 17, 80


def lines(told: Told, width: int = 80) -> Iterator[str]:
    """Say it in lines of `width` characters: a row a line, what each side decides of it, and what would change it."""
    varied = [name for name in told.values[0] if len({repr(row[name]) for row in told.values}) > 1]
    fixed = {name: cell for name, cell in told.values[0].items() if name not in varied}
    yield from _fold(f"{label(told.model, 100)}{_name_start(told)}{_name_fixed(fixed)}", width)
    yield from _fold(f"positive means {label(told.positive, 100)}", width, "  ")
    if told.start:
        yield from _show_start(told, width)
    yield ""
    yield from _table(told, varied, width)
    if not told.endpoint:
        yield ""
        yield from _say_changes(told, varied, width)
    if (told.baseline is None and not told.endpoint) or told.notes:
        yield ""
    if told.baseline is None and not told.endpoint:
        yield from _fold(f"no baseline: {label(told.no_baseline, 400)}", width)
    for note in told.notes:
        yield from _fold(f"note: {label(note, 300)}", width)


def _name_start(told: Told) -> str:
    if told.endpoint:
        return ""
    return ": the typical row (median, most frequent)" if told.row is None else f": row {told.row:,} of the holdout"


def _name_fixed(fixed: Mapping[str, Cell]) -> str:
    return f", with {', '.join(f'{label(name, 40)}={_text(cell)}' for name, cell in fixed.items())}" if fixed else ""


def _text(cell: Cell) -> str:
    return label(show(cell), _MOST)


def _show_start(told: Told, width: int) -> Iterator[str]:
    shown = [f"{label(name, 40)}={_text(cell)}" for name, cell in list(told.start.items())[:COLUMNS]]
    more = len(told.start) - len(shown)
    yield from _fold(", ".join(shown) + (f" and {more} more" if more > 0 else ""), width, "  ")


def _table(told: Told, varied: Sequence[str], width: int) -> Iterator[str]:
    names = [" ".join(f"{label(name, 40)}={_text(row[name])}" for name in varied) for row in told.values]
    sides = 1 if told.baseline is None else 2
    room = max(_NARROW - 10, width - 2 - sides * _ANSWER - 2)
    first = min(max([len(one) for one in names] + [0]), room)
    head = f"  {'':{first}}{'  ' if first else ''}{'endpoint' if told.endpoint else 'candidate':<{_ANSWER}}"
    baseline = f"baseline {told.commit[:7]}" if told.commit else "baseline"
    yield (head + (baseline if told.baseline is not None else "")).rstrip()
    for place, name in enumerate(names):
        own = told.candidate[place]
        other = None if told.baseline is None else told.baseline[place]
        cells = f"{_say(own):<{_ANSWER}}" + ("" if other is None else _say(other))
        differs = "  ≠" if other is not None and other.positive != own.positive else ""
        start = f"  {_cut(name, first):{first}}  " if first else "  "
        yield (start + cells + differs).rstrip()
    for place, reply in enumerate(told.candidate):
        if reply.error:
            yield from _fold(f"row {place + 1}: {label(reply.error, 300)}", width, "  ")


def _say(reply: Reply) -> str:
    if reply.positive is None:
        return "no answer"
    word = "positive" if reply.positive else "negative"
    return word if reply.score is None else f"{reply.score:.3f} {word}"


def _say_changes(told: Told, varied: Sequence[str], width: int) -> Iterator[str]:
    of = " of the first row" if varied and len(told.values) > 1 else ""
    if told.candidate[0].positive is None:
        return
    if told.changes:
        yield from _fold(f"One of these alone changes the candidate's decision{of}:", width, then="")
        for one in told.changes:
            values = " or ".join(_text(cell) for cell in one.values)
            yield from _fold(f"{label(one.column, 40)}: {_text(one.now)} → {values}", width, "  ", "      ")
        return
    yield from _fold(f"No column alone changes the candidate's decision{of}.", width, then="")
    for sway in told.sways:
        yield from _fold(
            f"{label(sway.column, 40)} moves the score from {sway.low:.3f} to {sway.high:.3f}", width, "  "
        )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _fold(text: str, width: int, first: str = "", then: str | None = None) -> Iterator[str]:
    after = (first + "  ") if then is None else then
    yield from textwrap.wrap(text, width, initial_indent=first, subsequent_indent=after, break_on_hyphens=False)


def as_json(told: Told) -> dict[str, Any]:
    """Give the same as JSON: the first row's answers at the top, and every row under `rows`."""
    rows = []
    for place, values in enumerate(told.values):
        other = None if told.baseline is None else _reply(told.baseline[place])
        rows.append({"values": dict(values), "candidate": _reply(told.candidate[place]), "baseline": other})
    first = rows[0]
    return {
        "format": 1,
        "model": told.model,
        "positive": told.positive,
        "row": told.row,
        "candidate": first["candidate"],
        "baseline": first["baseline"],
        "no_baseline": told.no_baseline or None,
        "rows": rows,
        "changes": [{"column": one.column, "now": one.now, "values": list(one.values)} for one in told.changes],
        "sways": [{"column": one.column, "low": one.low, "high": one.high} for one in told.sways],
        "notes": list(told.notes),
    }


def _reply(reply: Reply) -> dict[str, Any]:
    said: dict[str, Any] = {"score": reply.score, "positive": reply.positive}
    return {**said, "error": reply.error} if reply.error else said
