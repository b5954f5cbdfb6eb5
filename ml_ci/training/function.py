"""A Python function that trains: what the child program is asked, and the model that it returned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from ml_ci.training.command import refuse
from ml_ci.training.ending import Ending, broken
from ml_ci.training.process import CHILD
from ml_ci.training.values import Request, TrainRequest


def prepare(request: TrainRequest) -> Mapping[str, str]:
    """Give nothing: all that a function gets is asked of the child program."""
    return {}


def argv(request: Request) -> tuple[str, ...]:
    """Give the child program, under the job's interpreter."""
    return str(request.interpreter.path), str(CHILD), "--work", str(request.work / "request.json")


def asked(request: TrainRequest) -> Mapping[str, object]:
    """Ask to train by the function; the holdout is none of its data."""
    data = {name: dataclasses.asdict(entry) for name, entry in request.inputs.data.items() if name != "holdout"}
    return {
        "kind": "train",
        "entry": request.job.entry,
        "data": data,
        "params": dict(request.params),
        "needs": {name: str(path) for name, path in request.needs.items()},
        "out": str(request.work / "out"),
    }


def outputs(request: TrainRequest, ending: Ending, started: float) -> Mapping[str, Path]:
    """Give the model that the child program stored; StageFailed `no-result` where it is not where it said."""
    artifact = Path(str(ending.result.get("artifact")))
    if artifact.parent != request.work or not artifact.exists() or artifact.is_symlink():
        raise broken(request.model, "training")
    refuse(artifact, artifact.name)
    return {"model": artifact}
