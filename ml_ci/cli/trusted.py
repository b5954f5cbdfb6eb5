"""Whose gates judge: those of the branch that a pull request or a merge queue goes to."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

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
    """Give the ref whose gates judge: the one that is asked for, or what the event of GitHub Actions says."""
    if asked:
        return None if asked == OWN else asked
    base = os.environ.get("GITHUB_BASE_REF")
    if base:
        return base
    if os.environ.get("GITHUB_EVENT_NAME") == "merge_group":
        return _of_merge_group()
    return None


def _of_merge_group() -> str | None:
    from pathlib import Path

    from ml_ci.errors import UserError
    from ml_ci.github.activity import activity
    from ml_ci.github.files import read_event

    found = activity("merge_group", read_event(Path(os.environ.get("GITHUB_EVENT_PATH", "")))).gates_from
    if not found:
        raise UserError(
            "the merge queue's event does not say which commit it goes to, so nobody knows whose gates judge",
            hint="Name it: --gates-from REF.",
        )
    return found
