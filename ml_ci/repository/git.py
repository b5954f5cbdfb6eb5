"""Run git by itself, for what has to be known to see that nothing changed.

Plain `git` by subprocess, not GitPython: its import alone takes a third of the time that such a run may take. What else
is wanted of git is asked by `ml_ci.repository.opened`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.variables.families import LOCATION
from ml_ci.variables.own import read_environment

# No prompts, and no lock on the index where none is needed.
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def not_found() -> UserError:
    """Make the mistake of a machine without git."""
    return UserError("git was not found", hint="Install git and put it on PATH.")


class GitError(Exception):
    """Carry what git said when a call failed."""

    def __init__(self, arguments: tuple[str, ...], status: int, message: str) -> None:
        super().__init__(f"git {' '.join(arguments)} ended with {status}: {message}")
        self.status = status
        self.message = message


def environment() -> Mapping[str, str]:
    """Give the process environment for git: no prompts, English messages, no hook's repository."""
    kept = {name: value for name, value in read_environment().items() if name not in LOCATION}
    return {**kept, **QUIET, "LC_ALL": "C"}


def start(folder: Path, *arguments: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start git in `folder` with pipes, and with `more` in its environment; UserError when git is not installed."""
    try:
        return subprocess.Popen(
            ("git", *arguments),
            cwd=folder,
            env={**environment(), **(more or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder") from None
        raise not_found() from None


def finish(process: subprocess.Popen[bytes], *arguments: str, told: bytes | None = None) -> bytes:
    """Tell a started git what it is `told` on standard input, and give what it printed; GitError when it failed."""
    out, err = process.communicate(told)
    if process.returncode != 0:
        raise GitError(arguments, process.returncode, err.decode("utf-8", "replace").strip())
    return out


def git(folder: Path, *arguments: str, told: bytes | None = None, more: Mapping[str, str] | None = None) -> bytes:
    """Run git in `folder`, with `more` in its environment, and give what it printed; GitError when it failed."""
    return finish(start(folder, *arguments, more=more), *arguments, told=told)


def line(folder: Path, *arguments: str) -> str | None:
    """Give git's answer as text without the final newline; None when git failed or said nothing."""
    try:
        return os.fsdecode(git(folder, *arguments)).rstrip("\n") or None
    except GitError:
        return None
