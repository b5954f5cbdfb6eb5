"""A rollback that is under way: what it will have done, written into the registry before anything moves."""

from __future__ import annotations

import json

from ml_ci.frozen import dataclass
from ml_ci.records.codec import pack, unpack
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import INTENT, Event, NoAnswerError, RefusedError


@dataclass(frozen=True)
class Intent:
    """A rollback that was begun: what it will have done. `previous` is None when nothing was before `event.version`."""

    event: Event
    previous: str | None


def begun(registry: Registry, model: str) -> Intent | None:
    """Read the rollback that is under way, here or elsewhere, or was stopped; None when there is none."""
    said = registry.tags(model).get(INTENT)
    if said is None:
        return None
    try:
        return unpack(Intent, json.loads(said))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"the tag {INTENT} of {model} is damaged", "Take it away by hand.") from None


def write(registry: Registry, intent: Intent) -> None:
    """Say what will be done."""
    registry.tag_model(intent.event.model, INTENT, json.dumps(pack(intent), ensure_ascii=False))


def withdraw(registry: Registry, intent: Intent) -> None:
    """Take an intent away; another's, written meanwhile, stays."""
    if begun(registry, intent.event.model) == intent:
        registry.untag_model(intent.event.model, INTENT)


def check_none(registry: Registry, model: str) -> None:
    """Hold that no rollback of a model is under way; RefusedError tells of the one that is."""
    intent = begun(registry, model)
    if intent is None:
        return
    event = intent.event
    message = f"a rollback of {model} to v{event.version}, begun by {event.by} at {event.time}, is not finished"
    hint = f"Wait for it. If it was stopped, this completes it: ml-ci rollback {model} --reason 'why'."
    raise RefusedError(message, hint=hint)
