"""Promote every model that passed: `ml-ci promote` for each, one after the other, and whatever one of them says.

Arguments: the folder of the reports, the folder of the records that the gate handed over, the folder of ml-ci.yaml, the
jobs' Python, and the trusted ml-ci.yaml where there is one. Ends with the highest exit code of them all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_ci.github.commands import Annotation, unheard
from ml_ci.github.files import append
from ml_ci.github.tasks import gathered
from ml_ci.github.values import Request
from ml_ci.records.atomic import write_text
from ml_ci.reports.as_json import dumps
from ml_ci.reports.escaping import text
from ml_ci.reports.values import Report
from ml_ci.steps.handover import Taken

_LOST = "The gate lost them, or they have expired (`keep-records` of the gate). Run all jobs of this workflow again."
_BY_HAND = "Judge it here first: ml-ci run --baseline champion"
_HERE = "Run all jobs of this workflow again: the gate judges it anew"


@dataclass(frozen=True)
class Outcome:
    """What a command of ml-ci said, and its exit code."""

    said: str
    complaint: str
    code: int


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


def promote(name: str, folder: Path, python: str, more: Sequence[str], missing: str | None) -> tuple[int, str]:
    """Promote a model from the records that lie in the folder; give the exit code, and a line of the summary.

    `missing` says which records did not arrive: where the model is in use already, none are needed.
    """
    done = ml_ci(folder, "promote", name, "--python", python, *more)
    if not done.code:
        log(done.said + done.complaint)
        return 0, "\n  ".join(f"{'✓ ' * (at == 0)}{text(line)}" for at, line in enumerate(done.said.splitlines()))
    if missing is None:
        log(done.said + done.complaint)
    why = refusal(done.complaint) if missing is None else f"{missing}. {_LOST}"
    return done.code, complain(f"{name} was not promoted", why)


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
    report = gathered(Request(reports=(Path(reports),), expect=Path(expect) if expect else None))
    names = passed(report)
    if not names:
        print("No model passed: nothing is promoted.")
        return 0
    state = Path(folder) / ".ml_ci"
    state.mkdir(exist_ok=True)
    write_text(state / "report.json", dumps(report))
    taken = take(Path(records), Path(folder))
    code, lines = 2 if taken.refused else 0, [complain("a record was refused", said) for said in taken.refused]
    for name in names:
        more = os.environ.get("ARGUMENTS", "").split()
        ended, line = promote(name, Path(folder), python, more, taken.missing.get(name))
        code, lines = max(code, ended), [*lines, line]
    append(
        Path(os.environ["GITHUB_STEP_SUMMARY"]), "\n".join(["\n### Promotion\n", *(f"- {one}" for one in lines), ""])
    )
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
