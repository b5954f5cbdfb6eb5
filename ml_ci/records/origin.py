"""Where a record or a report was made, and whose records are believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from ml_ci.forges.registry import build_of, own_events
from ml_ci.frozen import dataclass

_NAMES = ("event", "ref", "run")


@dataclass(frozen=True)
class Origin:
    """Name the event, the ref and the run of a CI system that made something; all "" on a person's machine.

    `gates_from` is the ref whose gates judged, "" for the file's own; of a record it is not kept.
    """

    event: str = ""
    ref: str = ""
    run: str = ""
    gates_from: str = ""


def origin_of(environment: Mapping[str, str], gates_from: str | None = None) -> Origin:
    """Read the origin from the variables that a forge sets for every job; nothing of them is a secret."""
    build = build_of(environment)
    return Origin(build.event, build.ref, build.run, gates_from or "")


def pack_origin(origin: Origin) -> dict[str, str]:
    """Give an origin as a record keeps it."""
    return {name: getattr(origin, name) for name in _NAMES}


def unpack_origin(said: object) -> Origin | None:
    """Take what a record says of its origin; None where it says nothing, as one of an older version, or no origin."""
    if not isinstance(said, dict) or set(said) != set(_NAMES):
        return None
    words: list[Any] = [said[name] for name in _NAMES]
    return Origin(*words) if all(isinstance(word, str) for word in words) else None


@dataclass(frozen=True)
class Beliefs:
    """Say where records are made `here`, and whose are believed: of own runs of the `refs`; anybody's for ()."""

    here: Origin = field(default_factory=Origin)
    refs: tuple[str, ...] = ()

    def foreign(self, made: Origin | None) -> str:
        """Say where something was made that is not believed here; "" for what is."""
        return foreign(made, self.here, self.refs) if self.refs else ""


def foreign(made: Origin | None, here: Origin, refs: Collection[str]) -> str:
    """Say where something was made that a run, `here`, does not believe; "" for what it does.

    Believed is what this very run made, and what runs of the code of these branches or tags did.
    """
    if made is None:
        return "made nobody knows where: by an older ml-ci, or not by ml-ci"
    # A change's code runs for other events, too, on the ref of the branch that it goes to.
    if made.event in own_events() and made.ref in refs:
        return ""
    if made.run and (made.run, made.event, made.ref) == (here.run, here.event, here.ref):
        return ""
    if not made.event:
        return "made by hand, in no run of this branch"
    return f"made elsewhere, in a run of `{made.event[:40]}` on {made.ref[:100]}"
