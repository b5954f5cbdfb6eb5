"""A Python function that makes files: called as one that trains, and what it returns counts for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.training import function
from ml_ci.training.function import argv, prepare
from ml_ci.training.making import outputs
from ml_ci.training.values import TrainRequest

__all__ = ["argv", "asked", "outputs", "prepare"]


def asked(request: TrainRequest) -> Mapping[str, object]:
    """Ask to call the function, with all that a training gets."""
    return {**function.asked(request), "kind": "make"}
