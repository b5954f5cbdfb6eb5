"""The environment part: Python's minor version and the versions of what the code imports, with all they require."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ml_ci.changes.caches import Cache
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.variables.given import Env, give
from ml_ci.variables.own import read_environment

_SECONDS = 60


@dataclass(frozen=True)
class Environment:
    """The interpreter's minor version (`3.12`), and the distributions' versions by name.

    `missing` are imported modules that no distribution has. `editable` maps a distribution that is installed from a
    folder to that folder's URL.
    """

    python: str
    versions: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    editable: Mapping[str, str] = field(default_factory=dict)


def environment(modules: Iterable[str], python: str | None, folder: Path, state: Path | None) -> Environment:
    """Look up the distributions behind the imported `modules` in the job's interpreter; None is ml-ci's own.

    The answer is kept in `state` until the interpreter or one of its package folders changes. Another interpreter
    is started once to ask it. UserError when there is no such interpreter, or it gives no answer.
    """
    asked = sorted(modules)
    interpreter = find_interpreter(python, folder)
    cache = Cache(state / "cache" / "environments.json" if state else None)
    key = json.dumps([str(interpreter), asked])
    kept = cache.get(key)
    if not _holds(kept, interpreter):
        kept = _ask(interpreter, asked, folder)
        kept["interpreter"] = interpreter.stat().st_mtime_ns
        cache.put(key, kept)
        cache.save()
    return Environment(kept["python"], kept["versions"], tuple(kept["missing"]), kept["editable"])


def find_interpreter(python: str | None, folder: Path) -> Path:
    """Find the interpreter that `python:` names: a path below the project folder, or a command; None is ml-ci's own."""
    if python is None:
        return Path(sys.executable)
    beside = folder / Path(python).expanduser()
    if beside.is_file():
        return beside
    found = shutil.which(python) if "/" not in python else None
    if found:
        return Path(found)
    raise UserError(
        f"python: {python} was not found", hint="Install that interpreter, or give the path of a virtual environment's."
    )


def _holds(kept: Any, interpreter: Path) -> bool:
    try:
        same = kept["interpreter"] == interpreter.stat().st_mtime_ns
        whole = isinstance(kept["versions"], dict) and isinstance(kept["editable"], dict) and bool(kept["python"])
        return same and whole and list(kept["missing"]) is not None and _is_unchanged(kept["watch"])
    except (TypeError, KeyError, OSError, AttributeError):
        return False


def _is_unchanged(watch: Mapping[str, int]) -> bool:
    return all(Path(folder).stat().st_mtime_ns == time for folder, time in watch.items())


def _ask(interpreter: Path, modules: list[str], folder: Path) -> dict[str, Any]:
    if interpreter == Path(sys.executable):
        from ml_ci.changes import distributions

        # The project's own folder is no place of distributions, and changes all the time.
        path = [entry for entry in distributions.search_path() if Path(entry).resolve() != folder.resolve()]
        return distributions.answer(modules, path)
    return _ask_child(interpreter, modules)


def _ask_child(interpreter: Path, modules: list[str]) -> dict[str, Any]:
    script = Path(__file__).with_name("distributions.py").read_text(encoding="utf-8")
    try:
        done = subprocess.run(
            [str(interpreter), "-c", script],
            env=give(read_environment(), Env()),  # it may be any program of the change
            input=json.dumps(modules),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _no_answer(interpreter, str(error)) from None
    if done.returncode != 0 or not isinstance(answer, dict):
        raise _no_answer(interpreter, done.stderr)
    return answer


def _no_answer(interpreter: Path, said: str) -> UserError:
    last = said.strip().rpartition("\n")[2]
    return UserError(
        f"python: {interpreter} did not say which packages it has: {last}",
        hint=f"ml-ci runs jobs under Python 3.8 and later. Try: {interpreter} --version",
    )
