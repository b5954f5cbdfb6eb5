"""What a search through the history found, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ml_ci.bisect.values import Found
from ml_ci.reports.text import clean, plural
from ml_ci.repository.history import Commit

FORMAT = 1


def plain(found: Found) -> str:
    """Give the finding as text."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Found) -> Iterator[str]:
    yield f"{clean(found.model)}: the first commit at which {_what(found)} is"
    yield f"  {_named(found.commit)}"
    yield f"    {clean(found.commit.author)}, {clean(found.commit.date)}"
    if found.failure:
        yield f"    {clean(found.failure)}"
    for result in found.gates:
        where = f"{clean(result.slice)}: " if result.slice else ""
        yield f"    {where}{clean(result.reason)}"
    if found.unclear:
        yield "  or one of these, which cannot be judged:"
        yield from (f"    {_named(commit)}" for commit in found.unclear)
    yield "  It changed:" if found.changes else "  What it changed cannot be told: its parent cannot be had."
    for change in found.changes:
        yield f"    {clean(change.part)}: {clean(change.summary)}"
        yield from (f"      {clean(detail)}" for detail in change.details)
    for one in found.skipped:
        yield f"  skipped {_named(one.commit)}: {clean(one.reason)}"
    yield f"  {_cost(found)}"
    yield f"  look: git show {found.commit.id[:12]}"


def _what(found: Found) -> str:
    if found.failure:
        return "the model cannot be made"
    gates = dict.fromkeys(result.condition for result in found.gates)
    return f"{', '.join(f'`{clean(gate)}`' for gate in gates)} {'does' if len(gates) == 1 else 'do'} not hold"


def _named(commit: Commit) -> str:
    return f"{commit.id[:12]} {clean(commit.title)}"


def _cost(found: Found) -> str:
    judged = f"{plural(found.judged, 'commit')} judged against {found.good[:7]}"
    failed = f", at {found.failed:,} of which it cannot be made" if found.failed else ""
    ended = f", {found.failed_trainings:,} of which failed" if found.failed_trainings else ""
    return f"{judged}{failed}; {plural(found.trainings, 'training')}{ended}, the others were known."


def to_json(found: Found) -> dict[str, Any]:
    """Give the finding as builtin values; `unclear` are commits that may be the first bad one instead."""
    return {
        "format": FORMAT,
        "model": found.model,
        "commit": found.commit.id,
        "author": found.commit.author,
        "date": found.commit.date,
        "title": found.commit.title,
        "good": found.good,
        "gates": [
            {
                "condition": result.condition,
                "slice": result.slice,
                "verdict": result.verdict,
                "value": result.value,
                "limit": result.limit,
                "baseline": result.baseline,
                "reason": result.reason,
            }
            for result in found.gates
        ],
        "changes": [{"part": change.part, "summary": change.summary} for change in found.changes],
        "unclear": [commit.id for commit in found.unclear],
        "skipped": [{"commit": one.commit.id, "reason": one.reason} for one in found.skipped],
        "failure": found.failure or None,
        "judged": found.judged,
        "trainings": found.trainings,
        "failed_trainings": found.failed_trainings,
    }
