"""How the jobs of each kind are run: a module for each, with the functions of `Kind`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ml_ci.spec.values import CommandJob, FunctionJob, Job, MakingCommand, MakingFunction, StageJob
from ml_ci.training import command, function, making_command, making_function, making_stage
from ml_ci.training.ending import Ending
from ml_ci.training.values import TrainRequest


class Kind(Protocol):
    """Say how one kind of job is run; StageFailed from each for what the job, or its declaration, did wrong."""

    def prepare(self, request: TrainRequest) -> Mapping[str, str]:
        """Write what the job finds in its `work`, and give the variables that it gets beside those of every job."""
        ...

    def argv(self, request: TrainRequest) -> tuple[str, ...]:
        """Give the arguments to start."""
        ...

    def asked(self, request: TrainRequest) -> Mapping[str, object] | None:
        """Give what ml-ci's child program is asked for, which then has to leave a result; None for another program."""
        ...

    def outputs(self, request: TrainRequest, ending: Ending, started: float) -> Mapping[str, Path]:
        """Give what the job left inside of `work`: `model`, `predictions`, or the folder `outputs` of all its files.

        `started` is its time of day.
        """
        ...


KINDS: Mapping[type, Kind] = {
    FunctionJob: function,
    CommandJob: command,
    MakingFunction: making_function,
    MakingCommand: making_command,
    StageJob: making_stage,
}


def kind_of(job: Job) -> Kind:
    """Give how a job is run."""
    return KINDS[type(job)]
