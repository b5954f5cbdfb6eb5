"""`ml-ci history`: who was champion when, and why."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from shutil import get_terminal_size

import click

from ml_ci.cli import parameters, registry


@click.command()
@parameters.model
@parameters.as_json
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Only who was champion on this day (UTC).",
)
@parameters.config
def command(model: str, as_json: bool, day: datetime | None, config: str | None) -> None:
    """Tell every champion of MODEL: who promoted it and when, its commit and verdict, how long it stayed.

    `--on 2026-03-05` answers which model was in use on a day; `ml-ci lineage MODEL@VERSION` says what it was made of.
    """
    from ml_ci.registry.history import on
    from ml_ci.reports.history import as_json as packed
    from ml_ci.reports.history import table
    from ml_ci.steps.promotion.promote import read_costs, read_history

    found = registry.answered(lambda: read_history(registry.options(config), model, registry.now()))
    wanted = day.date() if day else None
    found = on(found, wanted) if wanted else found
    columns = get_terminal_size().columns if sys.stdout.isatty() else None
    lines = table(found, wanted, columns, {} if as_json else read_costs(registry.options(config), found))
    click.echo(json.dumps(packed(found), indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
