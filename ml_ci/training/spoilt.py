"""A job that takes its own folders away, or puts a link to somebody else's in their place."""

from __future__ import annotations

import os

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.own_code import checkout
from ml_ci.training.values import Request


def places(request: Request) -> tuple[str | None, ...]:
    """Give where the folders of a job are in truth; None for one that is gone."""
    folders = (checkout(request).copy, request.work)
    return tuple(os.path.realpath(folder) if folder.is_dir() else None for folder in folders)


def refuse(request: Request, before: tuple[str | None, ...]) -> None:
    """Refuse a job whose folders are not in the places of `before`: nothing can be said of what it leaves."""
    if places(request) != before:
        raise fail()


def fail() -> StageFailed:
    """Give the failure of a job that took one of its folders away."""
    message = "the job removed or replaced the folder that it ran in, or that of its results"
    hint = "Remove only what the job itself made: the copy that it runs in is ml-ci's."
    return StageFailed(Failure("training", "spoilt-copy", message, hint))
