"""The history of a model's champions as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from textwrap import wrap
from typing import Any

from ml_ci.records.codec import pack
from ml_ci.registry.history import History, Stay
from ml_ci.registry.values import Event
from ml_ci.reports import deployments
from ml_ci.reports.columns import GAP, padded, total
from ml_ci.reports.live.worth import say_worth
from ml_ci.reports.numbers import duration
from ml_ci.reports.text import label

FORMAT = 1
NO_COSTS: Mapping[str, str] = {}
_REASON = 500
_HEAD = ("", "version", "since (UTC)", "in use", "commit", "verdict", "by", "approved by", "how")


def table(
    history: History, day: date | None = None, columns: int | None = None, costs: Mapping[str, str] = NO_COSTS
) -> Iterator[str]:
    """Give a line per stay, the youngest first; the one that is in use has a mark. `day` is the one asked for.

    `costs` says by version what its errors cost on live rows.

    Where a terminal has fewer `columns` than a line takes, a stay is a few lines.
    """
    if history.foreign and history.champion is not None:
        yield f"> v{history.champion.version} is champion, and ml-ci did not put it there"
    if history.lost:
        yield lost(history)
    if not history.stays:
        if not history.foreign:
            never = "was never promoted" if day is None else f"had no champion on {day} that ml-ci promoted"
            yield f"{history.model} {never}"
    else:
        rows = padded([_HEAD, *(tuple(cells(stay)) for stay in history.stays)], "l" * len(_HEAD))
        if columns is None or total(rows) <= columns:
            yield from (GAP.join(row).rstrip() for row in rows)
        else:
            yield from (line for stay in history.stays for line in _block(stay, columns))
    worths = [say_worth(stay.event.version, stay.event.worth) for stay in history.stays if stay.event.worth]
    live = [costs[stay.event.version] for stay in history.stays if stay.event.version in costs]
    for line in (*worths, *dict.fromkeys(live), *map(staged, history.staged), *deployments.lines(history.tries)):
        yield from [line] if columns is None else _wrapped(line, columns, "  ")


def lost(history: History) -> str:
    """Say that the alias was taken away by hand."""
    last = history.stays[0].event.version
    return f"{history.model} has no champion: somebody took the alias away, or its version. v{last} was the last."


def _block(stay: Stay, columns: int) -> Iterator[str]:
    """Tell a stay in lines of at most so many columns."""
    mark, version, since, used, commit, verdict, by, approved, how = cells(stay, _REASON)
    judged = ", ".join(part for part in (f"commit {commit}" if commit else "", verdict) if part)
    yield from _wrapped(f"{mark or ' '} {version}  since {since} UTC, in use {used}", columns, "    ")
    for line in (f"{judged}, by {by}" if judged else f"by {by}", f"approved by {approved}" if approved else "", how):
        if line:
            yield from _wrapped(f"    {line}", columns, "    ")


def _wrapped(line: str, columns: int, indent: str) -> list[str]:
    return wrap(line, max(columns, 20), subsequent_indent=indent)


def staged(event: Event) -> str:
    """Say in a line that a version came into a stage before champion."""
    when, commit = event.time[:16].replace("T", " "), f" ({event.commit[:7]})" if event.commit else ""
    return f"{event.stage}: v{event.version}{commit} since {when}, {event.verdict}, by {label(event.by, 40)}"


def as_json(history: History) -> dict[str, Any]:
    """Give the history as builtin types, format 1."""
    return {
        "format": FORMAT,
        "model": history.model,
        "champion": None if history.champion is None else history.champion.version,
        "foreign": history.foreign,
        "lost": history.lost,
        "stays": [
            {
                **pack(stay.event),
                "seconds": round(stay.seconds, 1),
                "current": stay.current,
                "at_most": stay.at_most,
            }
            for stay in history.stays
        ],
        "staged": [pack(event) for event in history.staged],
        "deployments": deployments.as_json(history.tries),
    }


def head() -> tuple[str, ...]:
    """Give the names of the columns."""
    return _HEAD


def cells(stay: Stay, most: int = 80) -> Iterator[str]:
    """Give a stay as cells, one per column; the last, with the reason, is cut to `most` signs."""
    event = stay.event
    yield ">" if stay.current else ""
    yield f"v{event.version}"
    yield event.time[:16].replace("T", " ")
    yield f"{'≤ ' * stay.at_most}{_stayed(stay.seconds)}"
    yield (event.commit or "")[:7]
    yield event.verdict or ""
    yield label(event.by, 40)
    yield label(event.approved_by or "", 40)
    yield label(_how(stay), most)


def _stayed(seconds: float) -> str:
    days = int(seconds // 86400)
    return f"{days:,} days" if days > 1 else duration(seconds)


def _how(stay: Stay) -> str:
    event = stay.event
    what = "rolled back" if event.kind == "rollback" else "promoted"
    allowed = f", allowed: {', '.join(event.overrides)}" if event.overrides else ""
    moved = "; then somebody moved the alias by hand" if stay.at_most else ""
    return f"{what}{allowed}{': ' + event.reason if event.reason else ''}{moved}"
