"""Whether the place where jobs run has what those ask for that have to be done: this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import Failure, StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.spec.resources import Resources
from ml_ci.spec.values import JobSpec, Node, StageJob
from ml_ci.steps.values import Made, Project
from ml_ci.training.executors import Executor, Place, executor, is_here
from ml_ci.training.gpus import find_gpus


def refuse_without_resources(project: Project, side: Made) -> None:
    """Hold that the GPUs of all that has to be made for a side are there; StageFailed `no-gpu` otherwise.

    Of a cluster whatever is asked for has to be there: `no-resources`. It is told before anything of it is made: hours
    of other jobs would be for nothing.
    """
    place = executor(project.options.environment)
    for made in _list_undone(project, side):
        if made is not side and isinstance(made.model.job, StageJob):
            continue  # DVC may have kept what it leaves
        asked = made.model.resources
        lack = _find_lack(project, place, asked) if asked is not None and asked.text else ""
        if lack and asked is not None:
            what = "job" if isinstance(made.model, JobSpec) else "model"
            hint = "Run it where there is one, or take it out of its `resources:`."
            code = "no-gpu" if "GPU" in lack else "no-resources"
            said = f"the {what} `{made.model.name}` asks for {asked.text}, and {lack}"
            raise StageFailed(Failure("training", code, said, hint))


def say_resources(project: Project, node: Node) -> Iterator[str]:
    """Say in a plan what an entry asks for, and that it is not here; a cluster is asked by a run only."""
    if node.resources is not None and node.resources.text:
        lack = _find_lack_here(project, node.resources) if is_here(project.options.environment) else ""
        asked = f"`{node.name}` asks for {node.resources.text}"
        yield f"{asked}, and {lack}" if lack else asked


def _find_lack(project: Project, place: Executor, asked: Resources) -> str:
    return place.lacks(asked) if isinstance(place, Place) else _find_lack_here(project, asked)


def _find_lack_here(project: Project, asked: Resources) -> str:
    """Say how many GPUs this machine has and how they were looked for, where they are too few; "" otherwise."""
    if not asked.gpus:
        return ""
    found = find_gpus(project.options.environment.get("PATH"))
    return "" if found.count >= asked.gpus else f"this machine has {found.count or 'no'} GPU ({found.how})"


def _list_undone(project: Project, side: Made) -> Iterator[Made]:
    """List what has to be made for a side, what it builds on first."""
    if side.champion is None and not project.store.has(TRAININGS, side.fingerprint.training):
        for needed in side.needs.values():
            yield from _list_undone(project, needed)
        yield side
