"""What was deployed, in lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ml_ci.records.codec import pack
from ml_ci.registry.deployments import find_deployed
from ml_ci.registry.values import Try
from ml_ci.reports.text import label

_STATES = {
    "done": "done",
    "failed": "failed",
    "begun": "begun, and not known to have ended",
    "lost": "begun, and never said how it ended",
}
_SAID = 200


def list_told(tries: Iterable[Try]) -> tuple[Try, ...]:
    """Give the tries that did, or may have done, anything, the youngest first."""
    return tuple(reversed([one for one in tries if one.state in _STATES]))


def lines(tries: Iterable[Try]) -> Iterator[str]:
    """Say in a line each what became of every try, the youngest first; `>` marks what is deployed now."""
    told = list_told(tries)
    for one in told:
        mark = ">" if find_deployed(told, one.job) == one else " "
        yield f"{mark} {label(one.job, 60)}: v{label(one.version, 20)} {say(one)}"


def say(one: Try) -> str:
    """Say what became of a try, when, by whom: `done 2026-01-02 03:04 by Ada`."""
    when = (one.ended or one.begun)[:16].replace("T", " ")
    approved = f", approved by {label(one.approved_by, 40)}" if one.approved_by else ""
    why = f": {label(one.said, _SAID)}" if one.said else ""
    return f"{_STATES[one.state]} {when} by {label(one.by, 40)}{approved}{why}"


def as_json(tries: Iterable[Try]) -> list[dict[str, Any]]:
    """Give the tries as builtin types, the youngest first."""
    return [pack(one) for one in list_told(tries)]
