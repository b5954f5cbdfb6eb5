"""Promote every model that passed: `ml-ci promote` for each, one after the other, and whatever one of them says.

Arguments: the folder of the reports, the folder of ml-ci.yaml, the jobs' Python, and the trusted ml-ci.yaml where
there is one. Ends with the highest exit code of them all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ml_ci.github.tasks import gathered
from ml_ci.github.values import Request
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report


def passed(report: Report) -> list[str]:
    """Name the models that passed, in the report's order."""
    return [name for name, model in report.models.items() if model.verdict == "pass"]


def promote(names: Sequence[str], folder: Path, python: str, more: Sequence[str]) -> int:
    """Promote each model from the records that lie in the folder."""
    worst = 0
    for name in names:
        command = (sys.executable, "-I", "-m", "ml_ci", "promote", name, "--python", python, *more)
        done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        tell(name, done.stdout, done.returncode)
        worst = max(worst, done.returncode)
    return worst


def tell(name: str, said: str, code: int) -> None:
    """Say what became of one model: in the log, as an annotation when it was refused, and in the job summary."""
    text = " ".join(why(said).split())
    print(said, end="", flush=True)
    if code:
        print(f"::error title=ml-ci::{name} was not promoted. {text.replace('%', '%25')}", flush=True)
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"\n```text\n{said.replace('```', '').strip()}\n```\n")


def why(said: str) -> str:
    """Leave out what a library logged before ml-ci said why."""
    lines = said.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith(("refused:", "error:"))), 0)
    return "\n".join(lines[start:])


def main(reports: str, folder: str, python: str, expect: str = "") -> int:
    """Put the reports where `ml-ci promote` looks for this commit's, and promote."""
    report = gathered(Request(reports=(Path(reports),), expect=Path(expect) if expect else None))
    names = passed(report)
    if not names:
        print("No model passed: nothing is promoted.")
        return 0
    state = Path(folder) / ".ml_ci"
    state.mkdir(exist_ok=True)
    (state / "report.json").write_text(dumps(report), encoding="utf-8")
    return promote(names, Path(folder), python, os.environ.get("ARGUMENTS", "").split())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
