"""Every forge that ml-ci knows, in one place, and which of them this process runs on."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml_ci.forges.forge import Build, Forge

# By name, the `module:object` of each. They are asked in this order, so one that sets the variables of another stands
# before it; the last one is asked where none says that it runs here: its variables are then not set.
FORGES = {
    "gitlab": "ml_ci.gitlab.forge:GITLAB",
    "gitea": "ml_ci.gitea.forge:GITEA",
    "github": "ml_ci.github.forge:GITHUB",
}


@cache
def forges() -> tuple[Forge, ...]:
    """Give every forge."""
    return tuple(_load(place) for place in FORGES.values())


def named(name: str) -> Forge:
    """Give the forge of this name, "" for the last one; KeyError for a name that is none."""
    return _load(FORGES[name]) if name else forges()[-1]


def forge_of(environment: Mapping[str, str]) -> Forge:
    """Give the forge that runs here."""
    return next((forge for forge in forges() if forge.runs(environment)), forges()[-1])


def build_of(environment: Mapping[str, str]) -> Build:
    """Give what the forge that runs here says of the job."""
    return forge_of(environment).build(environment)


def is_build(environment: Mapping[str, str]) -> bool:
    """Say whether this is a job of any forge."""
    return any(forge.runs(environment) for forge in forges())


def own_events() -> frozenset[str]:
    """Name the events of every forge whose jobs run code that is on the branch already."""
    return frozenset().union(*(forge.own_events for forge in forges()))


def _load(place: str) -> Forge:
    module, _, name = place.partition(":")
    forge: Forge = getattr(importlib.import_module(module), name)
    return forge
