"""Do the jobs after the promotions that are due, with `ml-ci deploy`, and say who approved.

Where ROLLBACK names a model, the champion before is made champion of it again first. Arguments: the folder of
ml-ci.yaml, and the jobs' Python. Ends with the exit code of ml-ci.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ml_ci.github.registering import Outcome, complain, log, ml_ci, options, refusal, reviewed, told, words
from ml_ci.reports.escaping import text
from ml_ci.review.summary import append


def roll_back(folder: Path, model: str) -> Outcome | None:
    """Roll a model back, in the first attempt of a run alone: twice would be two versions back. None: it was before."""
    if os.environ.get("GITHUB_RUN_ATTEMPT", "1") != "1":
        log(f"This is not the first attempt of the run: {model} is not rolled back once more, only deployed.\n")
        return None
    reason = f"--reason={os.environ.get('REASON', '')}"
    return ml_ci(folder, "rollback", model, "--no-deploy", reason)


def tell(done: Outcome, title: str) -> list[str]:
    """Say what a command came to; give its lines of the summary."""
    log(done.said + done.complaint)
    lines = [f"✓ {text(line)}" for line in done.said.splitlines()]
    if not done.code:
        return lines
    return [*lines, complain(title, refusal(done.complaint) if done.code == 2 else failures(done.complaint))]


def failures(said: str) -> str:
    """Give what is said of jobs that failed, without what a library logged before it."""
    lines = said.splitlines()
    start = next((at for at, line in enumerate(lines) if " failed for v" in line), 0)
    return " ".join(" ".join(lines[start:]).split())


def summarize(lines: Sequence[str], code: int) -> int:
    """Write the summary and the output of the step; give the exit code."""
    listed = "".join(f"- {line}\n" for line in lines)
    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), f"\n### Deployment\n\n{listed}")
    append(Path(os.environ["GITHUB_OUTPUT"]), f"deployed={str(not code).lower()}\n")
    return code


def main(folder: str, python: str) -> int:
    """Deploy what is due."""
    more, models = words(os.environ.get("ARGUMENTS", "")), os.environ.get("MODELS", "").split()
    found, unasked = reviewed()
    if unasked:
        log(unasked + "\n")
    lines = [told(found)] if found else []
    back = os.environ.get("ROLLBACK", "")
    if back:
        models, done = [back], roll_back(Path(folder), back)
        lines += [] if done is None else tell(done, f"{back} was not rolled back")
        if done is not None and done.code:
            return summarize(lines, done.code)
    done = ml_ci(Path(folder), "deploy", *models, "--python", python, *options(found), *more)
    return summarize([*lines, *tell(done, "not everything was deployed")], done.code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
