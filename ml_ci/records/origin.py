"""Where a record or a report was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Name the event, the ref and the run of a CI system that made something; all "" on a person's machine.

    `gates_from` is the ref whose gates judged, "" for the file's own.
    """

    event: str = ""
    ref: str = ""
    run: str = ""
    gates_from: str = ""


def origin_of(environment: Mapping[str, str], gates_from: str | None = None) -> Origin:
    """Read the origin from the variables that GitHub Actions sets for every step; nothing of them is a secret."""
    names = ("GITHUB_EVENT_NAME", "GITHUB_REF", "GITHUB_RUN_ID")
    event, ref, run = (environment.get(name, "") for name in names)
    return Origin(event, ref, run, gates_from or "")
