"""A commit that is the head of several pull requests: its statuses are theirs together, and the worst one counts.

Statuses hang on the commit and have no pull request. So each names in its description the one that it was judged for,
and what the others were last told is read from the commit's history of statuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ml_ci.forges.values import Neighbour, State, Status
from ml_ci.reports.text import clip

_MOST_DESCRIPTION = 140
_MARK = re.compile(r" \(#(?P<number>\d{1,18})(?:: (?P<state>[a-z]+))?\)$")
# From the worst: what is pending may still become anything, and is no success.
_ORDER: tuple[State, ...] = ("error", "failure", "pending", "success")


def read_told(history: Iterable[Status], neighbours: Iterable[Neighbour]) -> Mapping[tuple[str, int], State]:
    """Give the state that each of the pull requests has by itself, by the status's context and their number.

    `history` are the statuses of the commit, the newest first.
    """
    wanted = {one.number for one in neighbours}
    told: dict[tuple[str, int], State] = {}
    for one in history:
        mark = _MARK.search(one.description)
        if mark is None or int(mark["number"]) not in wanted:
            continue
        said = mark["state"] or one.state
        state: State = next((known for known in _ORDER if known == said), "error")
        told.setdefault((one.context, int(mark["number"])), state)
    return told


def mark(statuses: Sequence[Status], number: int) -> tuple[Status, ...]:
    """Name in each status the pull request that it was judged for."""
    return tuple(replace(one, description=_marked(one.description, f"#{number}")) for one in statuses)


def worsen(
    statuses: Sequence[Status],
    number: int,
    neighbours: Sequence[Neighbour],
    told: Mapping[tuple[str, int], State],
    whole: str,
) -> tuple[Status, ...]:
    """Give the marked statuses of pull request `number` the worst state that they have for any of the commit; pure.

    Of a neighbour that was told nothing yet, the status `whole` waits: its pull request may go to a branch with
    stricter gates. A model's status is asked of those that have the model.
    """
    return tuple(_worst(one, number, _others(one, neighbours, told, one.context == whole)) for one in statuses)


def _others(
    status: Status, neighbours: Sequence[Neighbour], told: Mapping[tuple[str, int], State], waits: bool
) -> Iterator[tuple[State, Neighbour]]:
    for one in neighbours:
        state = told.get((status.context, one.number))
        if state is not None:
            yield state, one
        elif waits:
            yield "pending", one


def _worst(status: Status, number: int, others: Iterable[tuple[State, Neighbour]]) -> Status:
    worst = min(others, key=lambda pair: _ORDER.index(pair[0]), default=None)
    if worst is None or _ORDER.index(worst[0]) >= _ORDER.index(status.state):
        return status
    state, other = worst
    where = f"#{other.number} into {clip(other.base, 50)} has this commit too"
    said = f"{where}, and has no verdict yet" if state == "pending" else f"{where}, and does not pass there"
    return replace(status, state=state, description=_marked(said, f"#{number}: {status.state}"))


def _marked(description: str, whose: str) -> str:
    """End a description with whose it is; a state of its own stands behind it where the status shows another's."""
    end = f" ({whose})"
    return clip(description, _MOST_DESCRIPTION - len(end)) + end
