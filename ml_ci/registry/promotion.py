"""Move the champion, in steps each of which may be done again: the registry itself is the journal.

A promotion is found again by its id. Versions are numbered by the registry one after the other, so that of several
promotions that replace the same champion at the same time the lowest number wins, and every other sees it. How a
promotion and a rollback see each other: `rollback`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from ml_ci.records.codec import pack, unpack
from ml_ci.registry import audit
from ml_ci.registry.intent import check_none
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import (
    CHAMPION,
    EVENT,
    MOVE,
    NONE,
    PREVIOUS,
    PROMOTED,
    PROMOTION,
    REPLACES,
    ROLLED_BACK,
    WITHDRAWN,
    Event,
    NoAnswerError,
    Offer,
    Promoted,
    RefusedError,
    Version,
)


def promote(registry: Registry, offer: Offer, state: Path) -> Promoted:
    """Make the offered model champion, or put it into its stage.

    RefusedError when that moved meanwhile, or somebody else is first.
    """
    version = _find_begun(registry, offer)
    if version is None:
        _check_unmoved(registry, offer)
        version = registry.register(offer, registry.log(offer))
    stage = offer.event.stage
    current = registry.aliased(offer.model, stage)
    if current is None or current.version != version.version:
        _check_no_rollback(registry, offer, version)
        _claim(registry, offer, version)
        _check_unmoved(registry, offer, version)
        _move(registry, offer, version)
    return Promoted(version, finish(registry, version, state), moved=True)


def _move(registry: Registry, offer: Offer, own: Version) -> None:
    """Move the aliases, unless somebody withdrew this promotion: it is asked for before each."""
    if offer.replaces != NONE and offer.event.stage == CHAMPION:
        _check_wanted(registry, own)
        registry.point(offer.model, PREVIOUS, offer.replaces)
    _check_wanted(registry, own)
    registry.point(offer.model, offer.event.stage, own.version)


def _check_wanted(registry: Registry, own: Version) -> None:
    """Refuse when a person withdrew this promotion, by `--allow-pending`, while it was still at work."""
    for one in registry.versions(own.model):
        if one.version == own.version and (WITHDRAWN in one.tags or ROLLED_BACK in one.tags):
            raise RefusedError(f"{own.named} of {own.model} was withdrawn or rolled back meanwhile", hint=_MOVED)


def finish(registry: Registry, version: Version, state: Path) -> Event:
    """Read the champion back, write what happened into the registry and the audit log, and mark the promotion done."""
    now = registry.aliased(version.model, version.stage)
    if (now is None or now.version != version.version) and not _is_done_elsewhere(registry, version):
        found = "nothing" if now is None else now.named
        raise RefusedError(
            f"the {version.stage} of {version.model} is {found}, and should be {version.named}", hint=_MOVED
        )
    event = event_of(version)
    registry.tag_model(version.model, MOVE + event.id, json.dumps(pack(event), ensure_ascii=False))
    audit.append(state, event)
    registry.tag(version.model, version.version, PROMOTED, event.time)
    return event


def unfinished(version: Version) -> bool:
    """Say whether ml-ci registered a version and was stopped before its promotion was done."""
    return version.ours and not version.finished


def event_of(version: Version) -> Event:
    """Give the event that a version's tags hold; NoAnswerError when they are damaged."""
    try:
        said = unpack(Event, json.loads(version.tags[EVENT]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"the tags of {version.model} v{version.version} are damaged") from None
    return Event(**{**vars(said), "version": version.version})


def withdraw_version(registry: Registry, version: Version) -> None:
    """Give a promotion up: its version stays, and is never champion."""
    registry.tag(version.model, version.version, WITHDRAWN, "true")


def pause() -> None:
    """Wait after a withdrawal: a promotion that was not dead may have asked just before, and moves the alias just now.

    What it moved is then seen. Any later it asks again, finds itself withdrawn, and stops.
    """
    time.sleep(_PAUSE)


def _find_begun(registry: Registry, offer: Offer) -> Version | None:
    """Find the version that an earlier try registered."""
    found = [one for one in registry.versions(offer.model) if one.tags.get(PROMOTION) == offer.id]
    return next((one for one in found if WITHDRAWN not in one.tags), None)


def _claim(registry: Registry, offer: Offer, own: Version) -> None:
    """Let the lowest of the versions win that are to replace the same champion and are not done."""
    _check_wanted(registry, own)
    for other in registry.versions(offer.model):
        if int(other.version) >= int(own.version) or not _rivals(other, offer):
            continue
        if not offer.take_over:
            withdraw_version(registry, own)
            raise RefusedError(
                f"{other.named} of {offer.model} is being promoted at the same time, and was first", hint=_PENDING
            )
        withdraw_version(registry, other)
        pause()


def _check_no_rollback(registry: Registry, offer: Offer, own: Version) -> None:
    """Refuse, and withdraw the version, when a rollback is under way: it has read the same champion."""
    if offer.event.stage != CHAMPION:
        return
    try:
        check_none(registry, offer.model)
    except RefusedError:
        withdraw_version(registry, own)
        raise


def _is_done_elsewhere(registry: Registry, version: Version) -> bool:
    """Say whether a rollback found this promotion unfinished, finished it, and took it back."""
    return any(one.version == version.version and PROMOTED in one.tags for one in registry.versions(version.model))


def _rivals(other: Version, offer: Offer) -> bool:
    return unfinished(other) and other.stage == offer.event.stage and other.tags.get(REPLACES) == offer.replaces


def _check_unmoved(registry: Registry, offer: Offer, own: Version | None = None) -> None:
    """Refuse when the champion is another than the one that was judged; a version that was registered is withdrawn."""
    now = registry.aliased(offer.model, offer.event.stage)
    if (NONE if now is None else now.version) == offer.replaces:
        return
    if own is not None:
        withdraw_version(registry, own)
    found = "there is none now" if now is None else f"it is {now.named} now"
    judged = "there was none" if offer.replaces == NONE else f"it was v{offer.replaces}"
    message = f"the {offer.event.stage} of {offer.model} moved: when this model was judged {judged}, {found}"
    raise RefusedError(message, hint=_MOVED)


_PAUSE = 3.0  # seconds: longer than a request takes
_MOVED = "Compare with the champion that there is now: ml-ci run --baseline champion, then promote again."
_PENDING = (
    "Run `ml-ci promote` once more where it was begun. If nobody will finish it: "
    "ml-ci promote --allow-pending --reason 'why' withdraws it."
)
