"""Who was champion when: the moves of the alias as the registry keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest

from ml_ci.frozen import dataclass
from ml_ci.records.codec import unpack
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import CHAMPION, DEPLOYMENT, MOVE, Event, LostChampionError, NoAnswerError, Try, Version


@dataclass(frozen=True)
class Stay:
    """A time in use: the move that began it, and seconds until the next one or until now; `current` is in use now.

    `at_most` says that somebody moved the alias by hand meanwhile, nobody knows when: it was in use no longer.
    """

    event: Event
    seconds: float
    current: bool
    at_most: bool = False


@dataclass(frozen=True)
class History:
    """The stays of a model's champions, the youngest first; `champion` is in use now.

    `staged` are the moves of the stages before champion, the youngest first.
    `foreign` says that the alias names a version which no move of ml-ci put there; `lost` that it names none any more.
    `tries` are those of the jobs after its promotions, the oldest first.
    """

    model: str
    stays: tuple[Stay, ...]
    champion: Version | None
    foreign: bool
    staged: tuple[Event, ...] = ()
    lost: bool = False
    tries: tuple[Try, ...] = ()


def history(registry: Registry, model: str, now: datetime) -> History:
    """Read the history of a model; one that was never promoted has no stays."""
    tags = registry.tags(model)
    known = moves(tags)
    events = champions(known)
    champion = registry.aliased(model, CHAMPION)
    found = None if champion is None else champion.version
    return History(
        model,
        tuple(reversed(list(_stays(events, found, now)))),
        champion,
        champion is not None and (not events or events[-1].version != found),
        tuple(event for event in reversed(known) if event.stage != CHAMPION),
        lost=champion is None and bool(events),
        tries=list_tries(model, tags),
    )


def _stays(events: list[Event], champion: str | None, now: datetime) -> Iterator[Stay]:
    """Give the stays, the oldest first. What the next move replaced tells whether the alias was still where it was."""
    for event, after in zip_longest(events, events[1:]):
        left = champion if after is None else after.replaced
        seconds = ((now if after is None else _time(after)) - _time(event)).total_seconds()
        there = left == event.version
        yield Stay(event, max(0.0, seconds), there and after is None, not there)


def champions(moves: Iterable[Event]) -> list[Event]:
    """Keep the moves of the champion, the oldest first; within a second, what replaced which tells their order."""
    left = sorted((event for event in moves if event.stage == CHAMPION), key=lambda event: event.time)
    ordered: list[Event] = []
    while left:
        last = ordered[-1].version if ordered else None
        same = [event for event in left if event.time == left[0].time]
        ordered.append(next((event for event in same if event.replaced == last), same[0]))
        left.remove(ordered[-1])
    return ordered


def on(history: History, day: date) -> History:
    """Keep the stays that reach into a day (UTC): who was champion on it; none when nobody was."""
    stays = tuple(stay for stay in history.stays if _time(stay.event).date() <= day <= _end(stay).date())
    return replace(history, stays=stays, staged=(), foreign=False, lost=False, tries=())


def _end(stay: Stay) -> datetime:
    return _time(stay.event) + timedelta(seconds=stay.seconds)


def moves(tags: Mapping[str, str]) -> list[Event]:
    """Read the moves out of a registered model's tags, the oldest first; a damaged one is left out."""
    found = []
    for key, text in tags.items():
        if key.startswith(MOVE):
            try:
                event = unpack(Event, json.loads(text))
                _time(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
            found.append(event)
    return sorted(found, key=lambda event: event.time)


def list_tries(model: str, tags: Mapping[str, str]) -> tuple[Try, ...]:
    """Read every try out of a registered model's tags, the oldest first; NoAnswerError when one is damaged."""
    found = []
    for key, text in tags.items():
        if key.startswith(DEPLOYMENT):
            try:
                one = unpack(Try, json.loads(text))
                datetime.fromisoformat(one.until).astimezone(UTC)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise NoAnswerError(f"the tag {key} of {model} is damaged", "Take it away by hand.") from None
            found.append(one)
    return tuple(sorted(found, key=lambda one: (one.begun, one.id)))


def check_not_lost(model: str, tags: Mapping[str, str]) -> None:
    """Hold that a model without a champion never had one; LostChampionError where its moves tell of one."""
    known = champions(moves(tags))
    if known:
        raise LostChampionError(model, known[-1].version)


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.time).astimezone(UTC)
