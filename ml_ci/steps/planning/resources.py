"""Whether this machine has what the jobs ask for that have to be done."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import Failure, StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.spec.values import JobSpec, Node, StageJob
from ml_ci.steps.values import Made, Project
from ml_ci.training.gpus import find_gpus


def refuse_without_resources(project: Project, side: Made) -> None:
    """Hold that this machine has the GPUs of all that has to be made for a side; StageFailed `no-gpu` otherwise.

    It is told before anything of it is made: hours of other jobs would be for nothing.
    """
    for made in _list_undone(project, side):
        if made is not side and isinstance(made.model.job, StageJob):
            continue  # DVC may have kept what it leaves
        said = say_lack(project, made.model)
        if said:
            what = "job" if isinstance(made.model, JobSpec) else "model"
            hint = "Run it where there is one, or take `gpus:` out of its `resources:`."
            raise StageFailed(Failure("training", "no-gpu", f"the {what} `{made.model.name}` {said}", hint))


def say_resources(project: Project, node: Node) -> Iterator[str]:
    """Say in a plan what an entry asks for, and that it is not here."""
    if node.resources is not None and node.resources.text:
        lack = say_lack(project, node)
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
