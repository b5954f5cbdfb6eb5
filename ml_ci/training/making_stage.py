"""A stage of a `dvc.yaml`: its command as DVC starts it, nothing filled in, in its own folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ml_ci.spec.values import StageJob
from ml_ci.training import making
from ml_ci.training.command import asked
from ml_ci.training.ending import Ending
from ml_ci.training.values import TrainRequest


def prepare(request: TrainRequest) -> Mapping[str, str]:
    """Add nothing: a stage finds its files where DVC has them."""
    return {}


def argv(request: TrainRequest) -> tuple[str, ...]:
    """Give the shell with the command."""
    return "/bin/sh", "-c", request.job.text


def outputs(request: TrainRequest, ending: Ending, started: float) -> Mapping[str, Path]:
    """Move what the stage declares to leave into one folder; a model is one of these files, or a folder of them."""
    left = making.outputs(request, ending, started)
    model = request.job.model if isinstance(request.job, StageJob) else None
    return left if model is None else {**left, "model": left[making.FOLDER] / model}


__all__ = ["argv", "asked", "outputs", "prepare"]
