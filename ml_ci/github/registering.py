"""What the actions that work with the registry share: run ml-ci, ask who approved, say what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.values import Token
from ml_ci.frozen import dataclass
from ml_ci.github.api import Api
from ml_ci.github.approvals import Approval, approval
from ml_ci.github.commands import Annotation, unheard
from ml_ci.reports.escaping import text

_BY_HAND = "Judge it here first: ml-ci run --baseline champion"
_HERE = "Run all jobs of this workflow again: the gate judges it anew"


@dataclass(frozen=True)
class Outcome:
    """What a command of ml-ci said, and its exit code."""

    said: str
    complaint: str
    code: int


def ml_ci(folder: Path, *arguments: str) -> Outcome:
    """Run ml-ci in a folder."""
    done = subprocess.run((sys.executable, "-I", "-m", "ml_ci", *arguments), cwd=folder, text=True, capture_output=True)
    return Outcome(done.stdout, done.stderr, done.returncode)


def words(arguments: str) -> tuple[str, ...]:
    """Split the input `arguments` as a shell would; SystemExit when a quote is not closed."""
    try:
        return tuple(shlex.split(arguments))
    except ValueError as error:
        complain("ml-ci", f"{arguments}: {error}. Close the quote in the input `arguments`; nothing was done.")
        sys.exit(2)


def reviewed() -> tuple[Approval | None, str]:
    """Ask GitHub who approved this run; where it does not say, give why not instead."""
    token = Token(os.environ.pop("GITHUB_TOKEN", ""))  # what runs below has no use for it
    try:
        api = Api(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], token)
        return approval(api, os.environ["GITHUB_RUN_ID"], os.environ.get("ENVIRONMENT", "")), ""
    except UserError as error:
        return None, f"Who approved this run is not known: {' '.join(str(error).split())}"


def options(found: Approval | None) -> Iterator[str]:
    """Give the options that say who approved, and what they wrote: one word each, whatever is in it."""
    if found is not None:
        yield f"--approved-by={found.by}"
        if found.comment:
            yield f"--reason={found.comment}"


def told(found: Approval) -> str:
    """Say who approved, for the summary."""
    return f"Approved by {text(found.by)}{': ' if found.comment else ''}{text(found.comment)}"


def log(said: str) -> None:
    """Say it in the log; no line of it is a command to the runner."""
    print(unheard(said), end="", flush=True)


def complain(title: str, said: str) -> str:
    """Tell of a refusal as an annotation, and give its line of the summary."""
    said = said.replace(_BY_HAND, _HERE)
    print(Annotation("error", title, said).command(), flush=True)
    return f"✗ **{text(title)}:** {text(said, 2_000)}"


def refusal(said: str) -> str:
    """Give a refusal as sentences, without what a library logged before it."""
    lines = said.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith(("refused: ", "error: "))), -5)
    lines = [line.removeprefix("refused: ").removeprefix("error: ").strip() for line in lines[start:]]
    return " ".join(line if line.endswith((".", ":")) else f"{line}." for line in lines if line)
