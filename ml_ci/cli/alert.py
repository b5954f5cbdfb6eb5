"""`ml-ci alert`: what a look at live rows found, told to those who have to know."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ml_ci.forges.forge import Forge
    from ml_ci.forges.values import Request


def tell(forge: Forge, request: Request, report: Path, config: str | None, state: Path, branch: str | None) -> int:
    """Tell of the alarms; 1 where somebody did not answer, 2 where a setting is wrong."""
    from ml_ci.errors import UserError
    from ml_ci.forges.values import Token
    from ml_ci.review.alerts.task import Asked, alert, exit_code
    from ml_ci.review.alerts.webhook import VARIABLE
    from ml_ci.spec.find import find

    default, here = forge.default_branch(os.environ), forge.build(os.environ).ref.removeprefix("refs/heads/")
    if default and here and here != default:
        raise UserError(
            f"this job runs on {here}, and only {default} alarms", hint="Start the workflow on the default branch."
        )
    webhook = Token(os.environ.get(VARIABLE, "").strip())
    asked = Asked(report, find(Path.cwd(), config), webhook, branch or default or here, state)
    done = alert(request, asked)
    for line in done.said:
        click.echo(line)
    for problem in done.problems:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {problem}", err=True)
    return exit_code(done)
