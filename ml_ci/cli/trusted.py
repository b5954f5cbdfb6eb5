"""Whose gates judge: those of the branch that a pull request or a merge queue goes to."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from ml_ci.forges.registry import forge_of

OWN = "none"


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--gates-from` to a command."""
    return click.option(
        "--gates-from",
        "gates_of",
        metavar="REF",
        envvar="ML_CI_GATES_FROM",
        help="Judge by the gates of this ref, and by the change's own where they are no looser. In a pull request and "
        "a merge queue this is the branch that it goes to; `none` judges by the change's own only.",
    )(function)


def gates_from(asked: str | None) -> str | None:
    """Give the ref whose gates judge: the one that is asked for, or what the forge that runs here says."""
    if asked:
        return None if asked == OWN else asked
    return forge_of(os.environ).gates_from(os.environ)
