"""Processes that are killed, or held, before a step: real ones, on a real registry."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ml_ci.registry.values import RefusedError

REFUSED = 7
_FORK = multiprocessing.get_context("fork")
_SECONDS = 600

# All by which MLflow's client writes; reading needs no care.
_WRITES = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_inputs",
    "set_terminated",
    "create_registered_model",
    "create_model_version",
    "set_registered_model_alias",
    "delete_registered_model_alias",
    "set_registered_model_tag",
    "delete_registered_model_tag",
    "set_model_version_tag",
)


def _before_writes(act: Callable[[int, str], None]) -> None:
    """Let something be done in this process before each write to the registry and to the audit log."""
    from mlflow.tracking import MlflowClient

    from ml_ci.registry import audit
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    done = [0]

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            done[0] += 1
            act(done[0], name)
            return call(*arguments, **named)

        return wrapped

    for name in _WRITES:
        setattr(MlflowClient, name, watched(name, getattr(MlflowClient, name)))
    MlflowRegistry._log_files = watched("log_artifacts", MlflowRegistry._log_files)  # type: ignore[method-assign]
    audit.append = watched("audit", audit.append)


@dataclass
class Child:
    """A forked process, which opens connections of its own. `code` is 0, `REFUSED`, or negative for a signal."""

    process: Any
    words: Any

    @classmethod
    def start(cls, call: Callable[[], object], before: Callable[[int, str], None] | None = None) -> Child:
        words = _FORK.SimpleQueue()

        def work() -> None:
            if before is not None:
                _before_writes(before)
            with contextlib.suppress(BaseException):
                try:
                    call()
                except RefusedError as error:
                    words.put(error.message)
                    os._exit(REFUSED)
                os._exit(0)
            os._exit(99)

        process = _FORK.Process(target=work)
        process.start()
        return cls(process, words)

    @property
    def code(self) -> int:
        """Wait for its end."""
        self.process.join(_SECONDS)
        assert self.process.exitcode is not None, "it does not end"
        return int(self.process.exitcode)

    @property
    def said(self) -> str:
        """Give what a refusal said, "" where there was none."""
        return self.words.get() if self.code == REFUSED else ""


@dataclass(frozen=True)
class Hands:
    """What a test does with processes."""

    def run(self, call: Callable[[], object]) -> Child:
        """Call in a process of its own, and wait for its end."""
        child = Child.start(call)
        assert child.code in (0, REFUSED)
        return child

    def kill(self, call: Callable[[], object], step: int) -> str:
        """Call, and be killed by SIGKILL before the write of this number; give its name, "end" when it has no more."""
        said = _FORK.SimpleQueue()

        def die(number: int, name: str) -> None:
            if number == step:
                said.put(name)
                os.kill(os.getpid(), signal.SIGKILL)

        child = Child.start(call, die)
        if child.code == 0:
            return "end"
        assert child.code == -signal.SIGKILL
        return str(said.get())

    def write(self, call: Callable[[], object]) -> list[str]:
        """Call, and give the names of its writes in their order."""
        names = _FORK.SimpleQueue()
        child = Child.start(call, lambda number, name: names.put(name))
        assert child.code == 0
        return list(_all(names))

    def between(self, call: Callable[[], object], step: int, other: Callable[[], object]) -> tuple[str, str]:
        """Call, hold it before the write of this number, do the other thing in another process, go on; what each said.

        "" is for done; a call that has ended before is not held.
        """
        here, on = _FORK.Event(), _FORK.Event()

        def hold(number: int, name: str) -> None:
            if number == step:
                here.set()
                assert on.wait(_SECONDS)

        child = Child.start(call, hold)
        while not here.wait(0.02) and child.process.is_alive():
            pass
        second = self.run(other).said
        on.set()
        assert child.code in (0, REFUSED)
        return child.said, second

    def at_once(self, *calls: Callable[[], object]) -> list[str]:
        """Call each in a process of its own, all together; give what each said."""
        children = [Child.start(call) for call in calls]
        assert all(child.code in (0, REFUSED) for child in children)
        return [child.said for child in children]


def _all(names: Any) -> Iterator[str]:
    while not names.empty():
        yield names.get()


@pytest.fixture
def hands() -> Hands:
    """Give the means to kill and to hold processes."""
    return Hands()
