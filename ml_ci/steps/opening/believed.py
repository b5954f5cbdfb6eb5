"""Whose records a run believes: in CI its own branch's and the default one's, elsewhere whatever lies there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from ml_ci.errors import UserError
from ml_ci.forges.registry import build_of, forge_of
from ml_ci.records.origin import Beliefs, origin_of
from ml_ci.repository.base import default_branch
from ml_ci.repository.repository import Repository

_PROCESS = f"process-{os.urandom(6).hex()}"  # a run without an id believes what its own process made


def find_beliefs(repository: Repository, environment: Mapping[str, str]) -> Beliefs:
    """Say where records are made here, and whose are believed: in CI those of this branch and of the default one.

    In a pull request what was forged ends at that pull request; on a person's machine the person answers for it.
    Elsewhere a verdict may lead to a promotion.
    """
    here = origin_of(environment)
    if here.event and not here.run:
        here = replace(here, run=_PROCESS)
    if not here.event or of_pull_request(environment):
        return Beliefs(here)
    default = find_default_name(repository, environment)
    refs = (here.ref, *([f"refs/heads/{default}"] if default else []))
    return Beliefs(here, tuple(dict.fromkeys(refs)))


def of_pull_request(environment: Mapping[str, str]) -> bool:
    """Say whether a run is of a pull request: what it makes is no other run's business."""
    return build_of(environment).of_change


def find_default_name(repository: Repository, environment: Mapping[str, str]) -> str | None:
    """Name the default branch: as the forge does, else as git knows it; None where nobody does."""
    if named := forge_of(environment).default_branch(environment):
        return named
    try:
        return default_branch(repository).name
    except UserError:
        return None
