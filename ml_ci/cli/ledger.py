"""`ml-ci ledger`: how often each holdout was looked at."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ml_ci.cli import parameters


@click.command()
@parameters.models
@parameters.as_json
@parameters.config
@parameters.store
def command(models: tuple[str, ...], as_json: bool, config: str | None, store: str | None) -> None:
    """List every look at each holdout: which candidate, against which baseline, with which verdict.

    A holdout wears out: each candidate that is judged on it, and each promotion that it grants, makes the next number
    a little too good. With `reuse: {looks: 32, promotions: 3}` in ml-ci.yaml each look gets its share of the
    confidence, and a holdout whose looks are spent proves nothing more until it gets fresh labels. The same two models
    judged again are no further look.
    """
    from ml_ci.questions import ledgers
    from ml_ci.reports.ledger import lines, to_json
    from ml_ci.steps.values import Options

    options = Options(start=Path.cwd(), config=config, models=models, environment=dict(os.environ), store=store)
    found = ledgers(options)
    if as_json:
        click.echo(json.dumps(to_json(found), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines(found)))
