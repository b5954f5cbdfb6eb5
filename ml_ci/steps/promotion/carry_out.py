"""Carry out one job after a promotion, in a clean copy of the default branch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ml_ci.changes.values import Fingerprint
from ml_ci.spec.values import JobSpec
from ml_ci.steps.promotion.default_file import DefaultFile
from ml_ci.steps.values import Made, Project
from ml_ci.steps.working.room import open_room, time_work
from ml_ci.steps.working.train import keep_log, make_request
from ml_ci.training.job import train

Start = Callable[[], Mapping[str, str]]


def carry_out(project: Project, file: DefaultFile, job: JobSpec, kept: Mapping[str, Path], start: Start) -> None:
    """Do a job with what is kept of the version; `start` is asked last, and gives what the job is told by variables.

    StageFailed where it does not end well, whatever `start` raises where it is not to be done.
    """
    side = Made("candidate", job, file.tree, Fingerprint({}, frozenset()))
    jobs = {name: folder for name, folder in kept.items() if name in project.spec.jobs}
    with open_room(project) as room:
        bench, work = room.bench(side, jobs), room.job_folder(side, "deploy")
        needs = {name: path for name, path in kept.items() if name in job.needs}
        request = make_request(room, side, bench, work, needs)
        told = {**request.env.values, **start()}
        request = replace(request, env=replace(request.env, values=told))
        try:
            said = f"doing the job for {told['ML_CI_MODEL']} v{told['ML_CI_VERSION']}"
            time_work(project, job.name, said, lambda: train(request, project.options.progress))
        finally:
            keep_log(room, side, work)
