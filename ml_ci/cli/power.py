"""`ml-ci power`: what this holdout can prove, and how many rows a wanted margin takes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ml_ci.cli import parameters
from ml_ci.forges.registry import build_of


@click.command()
@parameters.models
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Plan this limit or margin (0.01 is a point).",
)
@click.option("--verbose", "-v", is_flag=True, help="Compare with the bounds of ease.ml/ci, too.")
@parameters.as_json
@parameters.baseline
@parameters.config
@parameters.python
@parameters.store
def command(
    models: tuple[str, ...],
    margin: float | None,
    verbose: bool,
    as_json: bool,
    baseline: str | None,
    config: str | None,
    python: str | None,
    store: str | None,
) -> None:
    """Say what the holdout of MODEL can prove, gate by gate, and how many rows it takes to prove more.

    Reads the labels of the holdout and trains nothing. Rows are given for 80% and 95% probability to pass when the two
    models are equally good, with the share of rows on which they differ taken from the last comparison, where there is
    one. Without MODEL, every model is planned.

    \b
    ml-ci power churn                 the gates as they stand
    ml-ci power churn --margin 0.005  what half a point would take
    """
    from dataclasses import asdict, replace

    from ml_ci.questions import power
    from ml_ci.reports.power import lines
    from ml_ci.steps.values import Options

    target = build_of(os.environ).target
    options = Options(
        start=Path.cwd(),
        config=config,
        models=models,
        baseline=baseline,
        target=target,
        environment=dict(os.environ),
        python=python,
        store=store,
    )
    found = power(options, margin)
    if as_json:
        # moments are of no use to a reader; each gate has its clusters
        counted = [replace(one, rows=replace(one.rows, clusters=None)) for one in found]
        plans = {one.model: {**asdict(one), "model": one.model} for one in counted}
        click.echo(json.dumps({"format": 1, "models": plans}, indent=2, ensure_ascii=False, allow_nan=False))
        return
    click.echo("\n\n".join("\n".join(lines(one, verbose=verbose)) for one in found))
