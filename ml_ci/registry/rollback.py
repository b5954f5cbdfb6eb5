"""Take a promotion back: the champion before it is champion again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ml_ci.records.codec import pack, unpack
from ml_ci.registry import audit
from ml_ci.registry.promotion import finish, unfinished
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import (
    CHAMPION,
    INTENT,
    MOVE,
    NONE,
    PREVIOUS,
    REPLACES,
    ROLLED_BACK,
    Event,
    NoAnswerError,
    RefusedError,
    Version,
)


@dataclass(frozen=True)
class Intent:
    """A rollback that was begun: what it will have done. `previous` is None when nothing was before `event.version`."""

    event: Event
    previous: str | None


def rollback(registry: Registry, model: str, state: Path, *, by: str, reason: str, time: str) -> Event:
    """Make the previous version champion again, and what was before that one previous; RefusedError when there is none.

    The intent is written first: stopped anywhere, the next rollback or promotion completes it, and does not go back
    once more.
    """
    begun = complete(registry, model, state)
    if begun is not None:
        return begun
    current, target = registry.aliased(model, CHAMPION), registry.aliased(model, PREVIOUS)
    if current is None:
        raise RefusedError(f"{model} has no champion", hint="Promote one: ml-ci promote " + model)
    if target is None:
        raise RefusedError(f"the champion of {model}, {current.named}, is the first: there is nothing to go back to")
    if unfinished(current):
        finish(registry, current, state)
    intent = Intent(_event(model, current, target, by, reason, time), _before(registry, target))
    registry.tag_model(model, INTENT, json.dumps(pack(intent), ensure_ascii=False))
    return _completed(registry, intent, state)


def complete(registry: Registry, model: str, state: Path) -> Event | None:
    """Complete a rollback that was stopped; None when there is none."""
    said = registry.tags(model).get(INTENT)
    if said is None:
        return None
    try:
        intent = unpack(Intent, json.loads(said))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"the tag {INTENT} of {model} is damaged", "Take it away by hand.") from None
    return _completed(registry, intent, state)


def _completed(registry: Registry, intent: Intent, state: Path) -> Event:
    event = intent.event
    registry.point(event.model, CHAMPION, event.version)
    if intent.previous is None:
        registry.unpoint(event.model, PREVIOUS)
    else:
        registry.point(event.model, PREVIOUS, intent.previous)
    now = registry.aliased(event.model, CHAMPION)
    if now is None or now.version != event.version:
        raise RefusedError(f"the champion of {event.model} should be v{event.version}, and is not: somebody moved it")
    if event.replaced is not None:
        registry.tag(event.model, event.replaced, ROLLED_BACK, event.time)
    registry.tag_model(event.model, MOVE + event.id, json.dumps(pack(event), ensure_ascii=False))
    audit.append(state, event)
    registry.untag_model(event.model, INTENT)
    return event


def _event(model: str, current: Version, target: Version, by: str, reason: str, time: str) -> Event:
    known = json.dumps([model, current.version, target.version, time, by])
    return Event(
        id=hashlib.sha256(known.encode()).hexdigest()[:32],
        kind="rollback",
        model=model,
        time=time,
        by=by,
        version=target.version,
        replaced=current.version,
        commit=target.commit,
        reason=reason,
    )


def _before(registry: Registry, target: Version) -> str | None:
    """Give the version that `target` replaced when it was promoted, if it is still there."""
    known = target.tags.get(REPLACES, NONE)
    return known if any(one.version == known for one in registry.versions(target.model)) else None
