"""Promote every model that passed: `ml-ci promote` for each, one after the other, and whatever one of them says.

Arguments: the folder of the reports, the folder of the records that the gate handed over, the folder of ml-ci.yaml, the
jobs' Python, and the trusted ml-ci.yaml where there is one. Ends with the highest exit code of them all.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ml_ci.forges.values import Request
from ml_ci.github.forge import GITHUB
from ml_ci.github.registering import complain, log, ml_ci, options, refusal, reviewed, told, words
from ml_ci.records.atomic import write_text
from ml_ci.reports.as_json import dumps
from ml_ci.reports.escaping import text
from ml_ci.reports.values import Report
from ml_ci.review.gathering import gathered
from ml_ci.review.summary import append
from ml_ci.steps.promotion.handover import Taken

_LOST = "The gate lost them, or they have expired (`keep-records` of the gate). Run all jobs of this workflow again."
_NOBODY = "nobody approved this model"


@dataclass(frozen=True)
class Way:
    """How each model is promoted: in which folder, with which options. `unasked` says why GitHub named no approval."""

    folder: Path
    options: tuple[str, ...]
    unasked: str


def passed(report: Report) -> list[str]:
    """Name the models that passed, in the report's order."""
    return [name for name, model in report.models.items() if model.verdict == "pass"]


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


def is_due(name: str, folder: Path) -> bool:
    """Say whether a job after the promotion of a model is due; where ml-ci cannot, the job that deploys tells why."""
    done = ml_ci(folder, "deploy", name, "--dry-run", "--json")
    try:
        jobs = [one for found in json.loads(done.said)["models"].values() for one in found]
    except (ValueError, KeyError):
        log(done.complaint)
        return True
    return any(one["outcome"] == "due" for one in jobs)


def output(name: str, value: str) -> None:
    """Give an output of the step."""
    if file := os.environ.get("GITHUB_OUTPUT"):
        append(Path(file), f"{name}={value}\n")


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
    here = () if os.environ.get("DEPLOY") == "true" else ("--no-deploy",)
    way = Way(Path(folder), ("--python", python, *options(found), *here, *more), unasked)
    due = False
    for name in names:
        ended, line = promote(name, way, taken.missing.get(name))
        code, lines = max(code, ended), [*lines, line]
        due = due or (not ended and is_due(name, way.folder))
    output("deploys", str(due).lower())
    lines += [told(found)] if found else []
    summary = "".join(f"- {line}\n" for line in lines)
    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), f"\n### Promotion\n\n{summary}")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
