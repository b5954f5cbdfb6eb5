"""`ml-ci doctor`: check a set-up, and say what is missing."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ml_ci.setup.checks import Finding

_MARKS = {"good": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--config", metavar="FILE", help="Another configuration file than the nearest ml-ci.yaml.")
def command(as_json: bool, config: str | None) -> int:
    """Check this set-up: git, default branch, holdout and label, the job's Python, the store, the workflows.

    Trains nothing and runs none of the project's code. Ends with 2 when something is missing.
    """
    from ml_ci.repository.repository import Repository
    from ml_ci.setup.checks import SetUp, examine
    from ml_ci.spec.find import find
    from ml_ci.spec.load import load
    from ml_ci.steps.project import read

    file = find(Path.cwd(), config)
    spec = load(read(file), file.name)
    findings = examine(SetUp(file.parent, spec, Repository.find(file.parent), os.environ))
    if as_json:
        click.echo(
            json.dumps({"format": 1, "findings": [asdict(one) for one in findings]}, indent=2, ensure_ascii=False)
        )
    else:
        _print(findings)
    return 2 if any(one.state == "bad" for one in findings) else 0


def _print(findings: tuple[Finding, ...]) -> None:
    for one in findings:
        mark, colour = _MARKS[one.state]
        click.echo(f"{click.style(mark, fg=colour)} {one.about}: {one.said}")
        if one.do:
            click.echo(f"    {one.do}")
