"""`ml-ci ask`: what candidate and baseline say of a row, and what changes it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters
from ml_ci.errors import StageFailed
from ml_ci.forges.registry import build_of
from ml_ci.reports.text import label

if TYPE_CHECKING:
    from ml_ci.behaviours.told import Told
    from ml_ci.steps.values import Options


@click.command()
@parameters.model
@click.argument("values", metavar="[COLUMN=VALUE[,VALUE]]...", nargs=-1)
@click.option("--row", type=int, metavar="N", help="Start from row N of the holdout, which is then shown.")
@parameters.as_json
@parameters.baseline
@parameters.config
@parameters.python
@parameters.store
def command(
    model: str,
    values: tuple[str, ...],
    row: int | None,
    as_json: bool,
    baseline: str | None,
    config: str | None,
    python: str | None,
    store: str | None,
) -> int:
    """Ask candidate and baseline of MODEL about a row, and say what changes the decision.

    The row has typical values, the median or the most frequent, but where COLUMN=VALUE says otherwise; several values
    make a line each. An empty value is a missing one. A value with a comma goes in quotes: 'job="Sales, other"'.
    What no record answers is trained first. No row of the holdout is shown unless --row asks for it.

    \b
    ml-ci ask churn age=40 sex=Male,Female   both, beside each other
    ml-ci ask churn --row 17 income=         row 17 with no income
    """
    from ml_ci.reports import ask as told
    from ml_ci.steps.values import Options

    options = Options(
        start=Path.cwd(),
        config=config,
        models=(model,),
        baseline=baseline,
        target=build_of(os.environ).target,
        environment=dict(os.environ),
        python=python,
        store=store,
    )
    found = _ask(options, values, row)
    if found is None:
        return 1
    if as_json:
        click.echo(json.dumps(told.as_json(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(told.lines(found, max(40, min(100, shutil.get_terminal_size().columns)))))
    return 0


def _ask(options: Options, values: tuple[str, ...], row: int | None) -> Told | None:
    """Ask, and show what is trained meanwhile; of a job that fails say so on standard error, and give None."""
    from dataclasses import replace

    from ml_ci.cli.progress import showing
    from ml_ci.questions import ask

    try:
        with showing() as progress:
            return ask(replace(options, progress=progress), values, row)
    except StageFailed as error:
        for line in filter(None, (error.failure.message, error.failure.hint)):
            click.echo(label(line, 2000), err=True)
        return None
