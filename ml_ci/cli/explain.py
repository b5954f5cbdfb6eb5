"""`ml-ci explain`: which of several changes did it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, trusted
from ml_ci.cli.files import check
from ml_ci.forges.registry import build_of

if TYPE_CHECKING:
    from ml_ci.explain.values import Effort, Explanation


@click.command()
@parameters.models
@click.option("--anyway", is_flag=True, help="Explain the difference also where every gate holds.")
@click.option("--dry-run", is_flag=True, help="Say how many trainings it takes, and do none of the mixtures.")
@parameters.as_json
@click.option("--report", "file", metavar="FILE.md", help="Write a Markdown section too.")
@parameters.baseline
@parameters.config
@parameters.work
@parameters.store
@trusted.option
def command(
    models: tuple[str, ...],
    anyway: bool,
    dry_run: bool,
    as_json: bool,
    file: str | None,
    baseline: str | None,
    config: str | None,
    work: parameters.Work,
    store: str | None,
    gates_of: str | None,
) -> int:
    """Say which part of a change did how much, when code, data, parameters ... changed together.

    For each MODEL (all, if none is named) with a gate that does not hold, models with old and new parts mixed are
    trained (old code with new data, and so on; 14 at most beside candidate and baseline) and scored on the same
    holdout. Each part's share of the change of every rate is its Shapley value: the shares add up exactly.

    Before it starts it says how many trainings it takes. They are kept as records: a second time takes none. Exit
    codes: 0 explained, or nothing to explain; 1 something could not be trained; 2 a mistake of usage.
    """
    from ml_ci.cli.progress import showing
    from ml_ci.questions import explain
    from ml_ci.steps.causes.explain import Ask
    from ml_ci.steps.values import Options

    if file is not None:
        check("--report", file)
    with showing() as progress:
        options = Options(
            start=Path.cwd(),
            config=config,
            models=models,
            baseline=baseline,
            target=build_of(os.environ).target,
            environment=work.environment,
            python=work.python,
            jobs=work.jobs,
            store=store,
            gates_from=trusted.gates_from(gates_of),
            progress=progress,
        )
        found = explain(options, Ask(anyway, dry_run, _tell))
    _leave(found, file, as_json)
    return 1 if any(one.failure is not None for one in found) else 0


def _tell(model: str, effort: Effort) -> None:
    from ml_ci.reports.explanation import budget

    click.echo(budget(model, effort.trainings, effort.seconds), err=True)


def _leave(found: tuple[Explanation, ...], file: str | None, as_json: bool) -> None:
    from ml_ci.records.atomic import write_text
    from ml_ci.reports.explanation import markdown, plain, to_json

    if file is not None:
        write_text(Path(file), "\n".join(map(markdown, found)))
    if as_json:
        click.echo(json.dumps(to_json(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(map(plain, found)), nl=False)
