"""Processes that are killed, or held, before a step: real ones, on a real registry.

A server forks them that has imported MLflow and done nothing else. A fork of the tests' own process would have its
locks without the threads that held them, and collect garbage of work that is not its own.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # children find it there too
child: Any = importlib.import_module("registry_child")

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(child.PRELOADED)


@dataclass
class Child:
    """A process at work. `code` is 0, `REFUSED`, or negative for a signal."""

    process: Any
    words: Any
    stack: Path

    @property
    def code(self) -> int:
        """Wait for its end."""
        self.process.join(child.SECONDS)
        if self.process.exitcode is None:
            self.process.kill()
            pytest.fail(f"it does not end:\n{self.stack.read_text()}")
        if self.process.exitcode == child.LOST:
            pytest.fail(f"it raised:\n{self.stack.read_text()}")
        return int(self.process.exitcode)

    @property
    def said(self) -> str:
        """Give what a refusal said, "" where there was none."""
        return self.words.get() if self.code == child.REFUSED else ""


@dataclass(frozen=True)
class Hands:
    """What a test does with processes. A call is a `functools.partial` of what ml-ci has: another process does it."""

    folder: Path

    def start(self, call: Callable[[], object], watch: Any = None) -> Child:
        """Call in a process of its own."""
        words = _SERVER.SimpleQueue()
        stack = self.folder / f"stack-{len(list(self.folder.iterdir()))}"
        stack.touch()
        process = _SERVER.Process(target=child.work, args=(call, words, watch, dict(os.environ), stack))
        process.start()
        return Child(process, words, stack)

    def run(self, call: Callable[[], object]) -> Child:
        """Call in a process of its own, and wait for its end."""
        started = self.start(call)
        assert started.code in (0, child.REFUSED)
        return started

    def kill(self, call: Callable[[], object], step: int) -> str:
        """Call, and be killed by SIGKILL before the write of this number; give its name, "end" when it has no more."""
        said = _SERVER.SimpleQueue()
        started = self.start(call, child.Kill(step, said))
        if started.code == 0:
            return "end"
        assert started.code == -signal.SIGKILL
        return str(said.get())

    def kill_soon(self, call: Callable[[], object], step: int, seconds: float) -> bool:
        """Call, and be killed so long after the write of this number began; False when it had ended by then."""
        started = self.start(call, child.KillSoon(step, seconds))
        assert started.code in (0, -signal.SIGKILL)
        return started.code != 0

    def between(self, call: Callable[[], object], step: int, other: Callable[[], object]) -> tuple[str, str]:
        """Call, hold it before the write of this number, do the other thing in another process, go on; what each said.

        "" is for done; a call that has ended before is not held.
        """
        reached, go_on = _SERVER.Event(), _SERVER.Event()
        first = self.start(call, child.Hold(step, reached, go_on))
        while not reached.wait(0.02) and first.process.is_alive():
            pass
        second = self.run(other).said
        go_on.set()
        assert first.code in (0, child.REFUSED)
        return first.said, second

    def at_once(self, *calls: Callable[[], object]) -> list[str]:
        """Call each in a process of its own, all together; give what each said."""
        children = [self.start(call) for call in calls]
        assert all(one.code in (0, child.REFUSED) for one in children)
        return [one.said for one in children]


@pytest.fixture
def hands(tmp_path_factory: pytest.TempPathFactory) -> Hands:
    """Give the means to kill and to hold processes."""
    return Hands(tmp_path_factory.mktemp("children"))
