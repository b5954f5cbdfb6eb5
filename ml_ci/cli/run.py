"""`ml-ci run`: train what the change needs, compare, judge, report."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, trusted
from ml_ci.cli.files import check
from ml_ci.cli.main import hush
from ml_ci.cli.output import show
from ml_ci.errors import UserError
from ml_ci.forges.registry import build_of
from ml_ci.frozen import dataclass
from ml_ci.reports.forms import BY_ENDING, write
from ml_ci.training.executors import VARIABLE

if TYPE_CHECKING:
    from ml_ci.reports.values import Report
    from ml_ci.steps.values import Options


@dataclass(frozen=True)
class _Printed:
    """How the report is printed: as JSON, or for a person, who gets a pass in three lines unless `verbose`."""

    json: bool
    verbose: bool


@click.command()
@parameters.models
@click.option(
    "--json", "json_asked", is_flag=True, help="Print the report as JSON, and nothing else, on standard output."
)
@parameters.verbose
@parameters.baseline
@click.option(
    "--report",
    "files",
    multiple=True,
    metavar="FILE",
    help=f"Write the report to a {' or '.join(BY_ENDING)} file too.",
)
@parameters.config
@parameters.python
@parameters.jobs
@parameters.executor
@parameters.store
@click.option(
    "--push",
    is_flag=True,
    envvar="ML_CI_STORE_WRITE",
    help="Send new records to the shared store; nothing is sent in a pull request's run.",
)
@click.option(
    "--retry",
    is_flag=True,
    help="Try trainings again that failed before from the same inputs; a workflow that is run again does so by itself.",
)
@click.option("--stage", metavar="NAME", help="Judge by the gates of this one of a model's `stages:` too.")
@trusted.option
def command(
    json_asked: bool,
    verbose: bool,
    models: tuple[str, ...],
    baseline: str | None,
    files: tuple[str, ...],
    jobs: int | None,
    config: str | None,
    python: str | None,
    executor: str,
    store: str | None,
    push: bool,
    retry: bool,
    stage: str | None,
    gates_of: str | None,
) -> int:
    """Run the pipeline and judge the candidate: of each MODEL, or of all of them.

    The candidate is the working tree. The baseline is the merge base with the default branch, if ml-ci.yaml does not
    say otherwise. What was trained or scored before is found again and not done twice.
    """
    from ml_ci.steps.values import Options

    options = Options(
        start=Path.cwd(),
        config=config,
        models=models,
        baseline=baseline,
        jobs=jobs,
        target=build_of(os.environ).target,
        environment={**os.environ, VARIABLE: executor},
        python=python,
        store=store,
        push=push,
        stage=stage,
        retry=retry,
    )
    return _run(options, gates_of, files, _Printed(json_asked, verbose))


def _run(options: Options, gates_of: str | None, files: tuple[str, ...], printed: _Printed) -> int:
    """Run, and leave the report; one that says why nothing could be judged where the user made a mistake."""
    from ml_ci.cli.exits import code_of
    from ml_ci.cli.progress import showing
    from ml_ci.pipeline import run
    from ml_ci.steps.telling.outcome import MistakenError, report_mistake

    for file in files:
        check("--report", file, tuple(BY_ENDING))
    _withdraw(files)
    try:
        with showing() as progress:
            report = run(replace(options, gates_from=trusted.gates_from(gates_of), progress=progress))
    except UserError as error:
        _leave(report_mistake(error, os.environ), files, printed, drawn=isinstance(error, MistakenError))
        raise
    _leave(report, files, printed, drawn=True)
    return code_of(report)


def _leave(report: Report, files: tuple[str, ...], printed: _Printed, drawn: bool = False) -> None:
    """Write the files that are asked for, then print; a reader that goes away early changes no verdict."""
    for file in files:
        _write(Path(file), report)
    try:
        if printed.json:
            click.echo(write("json", report), nl=False)
        elif drawn:
            show(report, verbose=printed.verbose)
        sys.stdout.flush()
    except BrokenPipeError:
        hush()


def _withdraw(files: tuple[str, ...]) -> None:
    """Take the reports of an earlier run away: a run that dies must not leave somebody else's pass."""
    for file in files:
        Path(file).unlink(missing_ok=True)


def _write(file: Path, report: Report) -> None:
    from ml_ci.records.atomic import write_text

    write_text(file, write(BY_ENDING[file.suffix], report))
