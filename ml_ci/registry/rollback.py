"""Take a promotion back: the champion before it is champion again.

MLflow cannot change an alias only if it still names what was read. So a rollback and a promotion each leave word first
and look for the other's word then: a promotion its version, a rollback its intent. Whatever the order of their steps,
one at least sees the other, takes back its own word and is told.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ml_ci.records.codec import pack
from ml_ci.registry import audit
from ml_ci.registry.history import champions, moves
from ml_ci.registry.intent import Intent, begun, withdraw, write
from ml_ci.registry.promotion import event_of, finish, pause, unfinished, withdraw_version
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import (
    CHAMPION,
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


def rollback(
    registry: Registry, model: str, state: Path, *, by: str, reason: str, time: str, take_over: bool = False
) -> Event:
    """Make the previous version champion again, and what was before that one previous.

    Where somebody took the champion's alias away, the last champion that is left is champion again.
    Stopped anywhere, the next rollback completes it, and does not go back once more. RefusedError when there is nothing
    to go back to, or a promotion is under way; with `take_over` that one is withdrawn.
    """
    intent = begun(registry, model)
    if intent is None:
        intent = _read_intended(registry, model, state, by=by, reason=reason, time=time)
        write(registry, intent)
    _check(registry, intent, take_over=take_over)
    return _complete(registry, intent, state)


def _read_intended(registry: Registry, model: str, state: Path, *, by: str, reason: str, time: str) -> Intent:
    current = registry.aliased(model, CHAMPION)
    target = _last(registry, model) if current is None else _target(registry, current)
    if target is None:
        raise _nothing(model, current)
    if current is not None and unfinished(current):
        finish(registry, current, state)
    before = _replace(registry, target)
    event = _event(registry, current, target, by, reason, time)
    return Intent(event, None if before is None else before.version)


def _target(registry: Registry, current: Version) -> Version | None:
    """Give the version to go back to; `previous` is no help where a promotion was stopped between its moves."""
    if not current.ours and (last := _last(registry, current.model, current)) is not None:
        return last  # somebody put the alias elsewhere by hand: `previous` was before that one
    previous = registry.aliased(current.model, PREVIOUS)
    if previous is not None and previous.version != current.version:
        return previous
    if current.ours and current.tags.get(REPLACES, NONE) == NONE:
        return None
    return _replace(registry, current) or _last(registry, current.model, current)


def _last(registry: Registry, model: str, without: Version | None = None) -> Version | None:
    """Give the last champion that is left and was not rolled back: where somebody took away an alias or a version."""
    left = {one.version: one for one in registry.versions(model) if ROLLED_BACK not in one.tags}
    if without is not None:
        left.pop(without.version, None)
    past = [event.version for event in champions(moves(registry.tags(model)))]
    return next((left[version] for version in reversed(past) if version in left), None)


def _nothing(model: str, current: Version | None) -> RefusedError:
    if current is None:
        return RefusedError(f"{model} has no champion", hint="Promote one: ml-ci promote " + model)
    first = current.tags.get(REPLACES, NONE) == NONE
    why = "is the first" if first else f"took the place of v{current.tags[REPLACES]}, which the registry has no more"
    message = f"the champion of {model}, {current.named}, {why}: there is nothing to go back to"
    return RefusedError(message, hint=f"Promote a better one: ml-ci promote {model}")


def _replace(registry: Registry, version: Version) -> Version | None:
    """Give the version that another one replaced when it was promoted, if it is still there."""
    known = version.tags.get(REPLACES, NONE)
    return next((one for one in registry.versions(version.model) if one.version == known), None)


def _check(registry: Registry, intent: Intent, *, take_over: bool) -> None:
    """Refuse, and take the intent back, when a promotion is under way or was faster.

    The order matters: what is no longer pending when the versions are read shows in the champion, which is read after.
    """
    event = intent.event
    pending = [one for one in registry.versions(event.model) if unfinished(one) and one.stage == CHAMPION]
    now = registry.aliased(event.model, CHAMPION)
    found = None if now is None else now.version
    if found == event.version:
        return  # it was stopped after it had moved the champion
    if found != event.replaced:
        withdraw(registry, intent)
        said = "there is none now" if now is None else f"it is {now.named} now"
        was = "there was none" if event.replaced is None else f"it was v{event.replaced}"
        raise RefusedError(f"the champion of {event.model} moved: {was}, and {said}", hint=_MOVED)
    for one in pending:
        if not take_over:
            withdraw(registry, intent)
            raise RefusedError(f"{one.named} of {event.model} is being promoted at the same time", hint=_PENDING)
        withdraw_version(registry, one)
    if pending:
        pause()
        _check(registry, intent, take_over=False)


def _complete(registry: Registry, intent: Intent, state: Path) -> Event:
    event = intent.event
    registry.point(event.model, CHAMPION, event.version)
    if intent.previous is None:
        registry.unpoint(event.model, PREVIOUS)
    else:
        registry.point(event.model, PREVIOUS, intent.previous)
    now = registry.aliased(event.model, CHAMPION)
    if now is None or now.version != event.version:
        message = f"the champion of {event.model} should be v{event.version}, and is not: somebody moved it"
        raise RefusedError(message, hint=_MOVED)
    if event.replaced is not None:
        registry.tag(event.model, event.replaced, ROLLED_BACK, event.time)
    registry.tag_model(event.model, MOVE + event.id, json.dumps(pack(event), ensure_ascii=False))
    audit.append(state, event)
    withdraw(registry, intent)
    return event


def _event(registry: Registry, current: Version | None, target: Version, by: str, reason: str, time: str) -> Event:
    # Two who take back the same promotion at the same time do one thing: it has one id, and stands in the history once.
    if current is None:
        done = [event.id for event in moves(registry.tags(target.model))]
        known = json.dumps([target.model, None, target.version, done[-1]])
    else:
        known = json.dumps([target.model, current.version, target.version, current.tags.get(ROLLED_BACK)])
    return Event(
        id=hashlib.sha256(known.encode()).hexdigest()[:32],
        kind="rollback",
        model=target.model,
        time=time,
        by=by,
        version=target.version,
        replaced=None if current is None else current.version,
        commit=target.commit,
        verdict=_verdict(target),
        reason=reason,
    )


def _verdict(target: Version) -> str | None:
    try:
        return event_of(target).verdict
    except NoAnswerError:
        return None  # of somebody else, or damaged: no reason to keep a bad model in use


_MOVED = "See `ml-ci history`, and roll back what is in use now if that is what is wrong."
_PENDING = (
    "Wait for it; where it was stopped, `ml-ci promote` completes it. To go back all the same: "
    "ml-ci rollback --allow-pending --reason 'why' withdraws it."
)
