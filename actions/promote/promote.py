"""Promote every model that passed: `ml-ci promote` for each, one after the other, and whatever one of them says.

Arguments: the folder of the reports, the folder of the records that the gate handed over, the folder of ml-ci.yaml, the
jobs' Python, and the trusted ml-ci.yaml where there is one. Ends with the highest exit code of them all.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.values import Request, Token
from ml_ci.github.api import Api
from ml_ci.github.approvals import Approval, approval
from ml_ci.github.commands import Annotation, unheard
from ml_ci.github.files import append
from ml_ci.github.forge import GITHUB
from ml_ci.records.atomic import write_text
from ml_ci.reports.as_json import dumps
from ml_ci.reports.escaping import text
from ml_ci.reports.values import Report
from ml_ci.review.gathering import gathered
from ml_ci.steps.promotion.handover import Taken

_LOST = "The gate lost them, or they have expired (`keep-records` of the gate). Run all jobs of this workflow again."
_NOBODY = "nobody approved this model"
_BY_HAND = "Judge it here first: ml-ci run --baseline champion"
_HERE = "Run all jobs of this workflow again: the gate judges it anew"


@dataclass(frozen=True)
class Outcome:
    """What a command of ml-ci said, and its exit code."""

    said: str
    complaint: str
    code: int


@dataclass(frozen=True)
class Way:
    """How each model is promoted: in which folder, with which options. `unasked` says why GitHub named no approval."""

    folder: Path
    options: tuple[str, ...]
    unasked: str


def passed(report: Report) -> list[str]:
    """Name the models that passed, in the report's order."""
    return [name for name, model in report.models.items() if model.verdict == "pass"]


def ml_ci(folder: Path, *arguments: str) -> Outcome:
    """Run ml-ci in a folder."""
    done = subprocess.run((sys.executable, "-I", "-m", "ml_ci", *arguments), cwd=folder, text=True, capture_output=True)
    return Outcome(done.stdout, done.stderr, done.returncode)


def take(records: Path, folder: Path) -> Taken:
    """Take what the gate handed over; SystemExit with its words when ml-ci could not look."""
    done = ml_ci(folder, "records", "unpack", "--json", str(records.resolve()))
    try:
        found = json.loads(done.said)
        return Taken(found["records"], tuple(found["refused"]), found["missing"])
    except (ValueError, KeyError):
        sys.exit(done.said + done.complaint)


def promote(name: str, way: Way, missing: str | None) -> tuple[int, str]:
    """Promote a model from the records that lie in the folder; give the exit code, and a line of the summary.

    `missing` says which records did not arrive: where the model is in use already, none are needed.
    """
    done = ml_ci(way.folder, "promote", name, *way.options)
    if not done.code:
        log(done.said + done.complaint)
        return 0, "\n  ".join(f"{'✓ ' * (at == 0)}{text(line)}" for at, line in enumerate(done.said.splitlines()))
    why = refusal(done.complaint)
    if _NOBODY in why:
        return done.code, complain(f"{name} was not promoted", f"{why} {way.unasked}".strip())
    if missing is not None:
        return done.code, complain(f"{name} was not promoted", f"{missing}. {_LOST}")
    log(done.said + done.complaint)
    return done.code, complain(f"{name} was not promoted", why)


def words(arguments: str) -> tuple[str, ...]:
    """Split the input `arguments` as a shell would; SystemExit when a quote is not closed."""
    try:
        return tuple(shlex.split(arguments))
    except ValueError as error:
        complain("ml-ci", f"{arguments}: {error}. Close the quote in the input `arguments`; nothing was promoted.")
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


def main(reports: str, records: str, folder: str, python: str, expect: str = "") -> int:
    """Put reports and records where `ml-ci promote` looks for this commit's, and promote."""
    report = gathered(Request.of(GITHUB, os.environ, reports=(Path(reports),), expect=Path(expect) if expect else None))
    names, more = passed(report), words(os.environ.get("ARGUMENTS", ""))
    if not names:
        print("No model passed: nothing is promoted.")
        return 0
    state = Path(folder) / ".ml_ci"
    state.mkdir(exist_ok=True)
    write_text(state / "report.json", dumps(report))
    found, unasked = reviewed()
    if unasked:
        log(unasked)
    taken = take(Path(records), Path(folder))
    code, lines = 2 if taken.refused else 0, [complain("a record was refused", said) for said in taken.refused]
    way = Way(Path(folder), ("--python", python, *options(found), *more), unasked)
    for name in names:
        ended, line = promote(name, way, taken.missing.get(name))
        code, lines = max(code, ended), [*lines, line]
    lines += [told(found)] if found else []
    summary = "".join(f"- {line}\n" for line in lines)
    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), f"\n### Promotion\n\n{summary}")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
