"""Who was champion when: the moves of the alias as the registry keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ml_ci.records.codec import unpack
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import CHAMPION, MOVE, Event, Version


@dataclass(frozen=True)
class Stay:
    """A time in use: the move that began it, and seconds until the next one or until now; `current` is in use now."""

    event: Event
    seconds: float
    current: bool


@dataclass(frozen=True)
class History:
    """The stays of a model's champions, the youngest first; `champion` is in use now.

    `staged` are the moves of the stages before champion, the youngest first.
    `foreign` says that the alias names a version which no move of ml-ci put there.
    """

    model: str
    stays: tuple[Stay, ...]
    champion: Version | None
    foreign: bool
    staged: tuple[Event, ...] = ()


def history(registry: Registry, model: str, now: datetime) -> History:
    """Read the history of a model; one that was never promoted has no stays."""
    known = moves(registry.tags(model))
    events = [event for event in known if event.stage == CHAMPION]
    champion = registry.aliased(model, CHAMPION)
    last = events[-1].version if events else None
    foreign = champion is not None and champion.version != last
    ends = [_time(event) for event in events[1:]] + [now]
    stays = (
        [
            Stay(event, max(0.0, (end - _time(event)).total_seconds()), event is events[-1] and not foreign)
            for event, end in zip(events, ends, strict=True)
        ]
        if events
        else []
    )
    return History(
        model,
        tuple(reversed(stays)),
        champion,
        foreign,
        tuple(event for event in reversed(known) if event.stage != CHAMPION),
    )


def on(history: History, day: date) -> History:
    """Keep the stays that reach into a day (UTC): who was champion on it; none when nobody was."""
    stays = tuple(stay for stay in history.stays if _time(stay.event).date() <= day <= _end(stay).date())
    return replace(history, stays=stays, staged=(), foreign=False)


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


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.time).astimezone(UTC)
