"""Whether the place where jobs run has what those ask for that have to be done: this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import Failure, StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.spec.values import JobSpec, Node, StageJob
from ml_ci.steps.values import Made, Project
from ml_ci.training.executors import Place, executor, is_here
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
        if isinstance(place, Place):
            lack = place.lacks(asked) if asked is not None and asked.text else ""
            said = f"asks for {asked.text}, and {lack}" if lack and asked is not None else ""
        else:
            said = say_lack(project, made.model)
        if said:
            what = "job" if isinstance(made.model, JobSpec) else "model"
            hint = "Run it where there is one, or take it out of its `resources:`."
            code = "no-gpu" if "GPU" in said else "no-resources"
            raise StageFailed(Failure("training", code, f"the {what} `{made.model.name}` {said}", hint))


def say_resources(project: Project, node: Node) -> Iterator[str]:
    """Say in a plan what an entry asks for, and that it is not here; a cluster is asked by a run only."""
    if node.resources is not None and node.resources.text:
        lack = say_lack(project, node) if is_here(project.options.environment) else ""
        yield f"`{node.name}` {lack}" if lack else f"`{node.name}` asks for {node.resources.text}"


def say_lack(project: Project, node: Node) -> str:
    """Say what an entry asks for and how it was looked for, where this machine has too few GPUs; "" otherwise."""
    if node.resources is None or not node.resources.gpus:
        return ""
    found = find_gpus(project.options.environment.get("PATH"))
    if found.count >= node.resources.gpus:
        return ""
    return f"asks for {node.resources.text}, and this machine has {found.count or 'no'} GPU ({found.how})"


def _list_undone(project: Project, side: Made) -> Iterator[Made]:
    """List what has to be made for a side, what it builds on first."""
    if side.champion is None and not project.store.has(TRAININGS, side.fingerprint.training):
        for needed in side.needs.values():
            yield from _list_undone(project, needed)
        yield side
