"""`ml-ci demo`: a small repository with three pull requests, and what ml-ci says of each."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli.output import show

if TYPE_CHECKING:
    from ml_ci.reports.values import Report
    from ml_ci.steps.progress import Progress

_NEXT = """\
In your own repository:

  1. ml-ci init         looks at it, asks what it cannot find, writes ml-ci.yaml and a workflow
                        ({folder}/ml-ci.yaml is an example)
  2. ml-ci run          the verdict of your working tree against the merge base
  3. pytest --ml-ci     every gate as a test
  4. ml-ci run --report report.md     what a pull request would show

Look around: cd {folder} && git switch data && {program} run
"""


@click.command()
@click.argument("folder", default="ml-ci-demo", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> int:
    """Make a small repository with a model and three pull requests in FOLDER, and judge each.

    One changes documentation, one the model's code, one the training labels and no line of code.
    """
    from ml_ci.cli.progress import showing
    from ml_ci.demo.repository import PULL_REQUESTS, checkout, make, stat

    make(folder)
    click.echo(f"Made a repository in {folder}: a model, its data, ml-ci.yaml, and three branches.\n")
    with showing() as progress:
        click.echo("First the default branch, as every push to it would:\n")
        show(_judged(folder, progress))
        click.echo()
        for number, request in enumerate(PULL_REQUESTS, 1):
            checkout(folder, request.branch)
            title = f"Pull request {number} of {len(PULL_REQUESTS)}: {request.title}"
            click.echo(click.style(f"── {title} ".ljust(79, "─"), bold=True))
            click.echo(stat(folder))
            show(_judged(folder, progress))
            click.echo(f"\n{request.look}\n")
    checkout(folder, "main")
    click.echo(click.style("── What next ".ljust(79, "─"), bold=True))
    click.echo(_NEXT.format(folder=shlex.quote(str(folder)), program=_program()), nl=False)
    return 0


def _program() -> str:
    """Name this program as a shell finds it: by its path, where its environment is not switched on."""
    own = Path(sys.argv[0]).absolute()
    found = shutil.which("ml-ci")
    if own.name != "ml-ci" or (found is not None and Path(found).absolute() == own):
        return "ml-ci"
    return shlex.quote(str(own))


def _judged(folder: Path, progress: Progress) -> Report:
    from ml_ci.pipeline import run
    from ml_ci.steps.values import Options

    return run(Options(start=folder, environment=dict(os.environ), progress=progress))
