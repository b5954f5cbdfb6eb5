"""Where jobs run: an executor takes the order of a job, and says how it ended."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.spec.resources import Resources
    from ml_ci.training.process import Order, Outcome
    from ml_ci.training.progress import Progress

# `local`, or `NAME://ADDRESS`. ml-ci.yaml never says it: a pull request must not choose whose machines it uses.
VARIABLE = "ML_CI_EXECUTOR"
LOCAL = "local"
_BEHIND = 16

LOST = "worker-lost"  # the failure of a job that is lost with the machine that did it, and may be done again

# By name, the `module:function` that makes an executor from its address; imported when a job is to run there.
EXECUTORS = {
    LOCAL: "ml_ci.training.process:local",
    "ray": "ml_ci.training.cluster.executor:connect",
}


class Executor(Protocol):
    """Run one job somewhere."""

    def __call__(self, order: Order, progress: Progress) -> Outcome:
        """Run the job of an order to its end, or to a limit of the order; nothing that it started is left.

        `order.request` is a JSON file with `argv`, `cwd`, and the paths of `result` and `usage`. Whatever the job
        leaves in that file's folder, and in its copy of the repository, lies there when this returns; the log at
        `order.log`, masked. What `progress.tick` raises, and KeyboardInterrupt, end the job and propagate. UserError
        where the place does not answer, or lacks what the order asks for.
        """
        ...


@runtime_checkable
class Place(Executor, Protocol):
    """An executor elsewhere: it looks on while a job runs, and `Outcome.seen` is what it saw."""

    def lacks(self, resources: Resources) -> str:
        """Say what none of its machines has of what a job asks for, and who was asked; "" where one has it all."""
        ...

    def slots(self, resources: Resources | None) -> int:
        """Count the jobs of this kind that it has room for at once, when nothing else runs there."""
        ...


def executor(environment: Mapping[str, str]) -> Executor:
    """Make the executor that the environment names, the local one where it names none; UserError for an unknown one."""
    name, address = _split(environment.get(VARIABLE) or LOCAL)
    module, _, function = EXECUTORS[name].partition(":")
    maker: Callable[[str], Executor] = getattr(importlib.import_module(module), function)
    return maker(address)


def is_here(environment: Mapping[str, str]) -> bool:
    """Say whether the environment names this machine; nothing is imported, and nobody is asked."""
    return (environment.get(VARIABLE) or LOCAL) == LOCAL


def count_slots(environment: Mapping[str, str], asked: Iterable[Resources]) -> int:
    """Say how many jobs to hand out at once: this machine does one.

    Elsewhere they are those that there is room for, of those that ask for the least, and one more behind each, up to
    `_BEHIND`: where a job ends the next one is there already, and does not wait for what is done with results here.
    """
    place = executor(environment)
    if not isinstance(place, Place):
        return 1
    room = max((place.slots(one) for one in set(asked)), default=1)
    return room + min(room, _BEHIND)


def check(text: str) -> None:
    """Hold that there is an executor of this name; UserError names those that there are."""
    _split(text)


def _split(text: str) -> tuple[str, str]:
    name, _, address = text.partition("://")
    if name not in EXECUTORS or (name == LOCAL and text != LOCAL):
        hint = f"There is: {', '.join(EXECUTORS)}."
        raise UserError(f"--executor {text}: jobs cannot run there", hint=hint)
    return name, address
