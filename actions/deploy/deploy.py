"""Do the jobs after the promotions that are due, with `ml-ci deploy`, and say who approved.

Arguments: the folder of ml-ci.yaml, and the jobs' Python. Ends with the exit code of `ml-ci deploy`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ml_ci.github.files import append
from ml_ci.github.registering import complain, log, ml_ci, options, refusal, reviewed, told, words
from ml_ci.reports.escaping import text


def main(folder: str, python: str) -> int:
    """Deploy what is due."""
    more, models = words(os.environ.get("ARGUMENTS", "")), os.environ.get("MODELS", "").split()
    found, unasked = reviewed()
    if unasked:
        log(unasked + "\n")
    done = ml_ci(Path(folder), "deploy", *models, "--python", python, *options(found), *more)
    log(done.said + done.complaint)
    lines = [f"✓ {text(line)}" for line in done.said.splitlines()]
    if done.code:
        why = refusal(done.complaint) if done.code == 2 else " ".join(done.complaint.split())
        lines.append(complain("not everything was deployed", why))
    lines += [told(found)] if found else []
    summary = "".join(f"- {line}\n" for line in lines)
    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), f"\n### Deployment\n\n{summary}")
    append(Path(os.environ["GITHUB_OUTPUT"]), f"deployed={str(not done.code).lower()}\n")
    return done.code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
