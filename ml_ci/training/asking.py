"""Ask a job's Python where it finds the repository's modules, before any job runs."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml_ci.frozen import dataclass
from ml_ci.training.environment import begin_environment
from ml_ci.training.own_code import describe
from ml_ci.training.values import Checkout, Interpreter

_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """Where a Python finds modules (None: nowhere), and the repository's own distributions that are installed in it."""

    modules: Mapping[str, str | None]
    installed: tuple[str, ...]


def ask(interpreter: Interpreter, top: Path, cwd: Path, environment: Mapping[str, str], names: Sequence[str]) -> Answer:
    """Ask for modules by name, in the folder and with what a job has of the environment; none of them is imported.

    The answer is empty for a Python that does not give one.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        job = describe(Checkout((), top), cwd, work)
        argv = (str(interpreter.path), "-m", "ml_ci_startup.ask", *names)
        given = begin_environment(environment, 0, work, interpreter, job)
        try:
            done = subprocess.run(
                argv, cwd=cwd, env=given, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
            )
            content = json.loads(done.stdout.decode().splitlines()[-1])
        except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
            return Answer({}, ())
    return Answer(content["modules"], tuple(content["installed"]))
