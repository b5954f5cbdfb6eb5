"""`ml-ci history`: who was champion when, and why."""

from __future__ import annotations

import json

import click

from ml_ci.cli import registry


@click.command()
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@registry.config
def command(model: str, as_json: bool, config: str | None) -> None:
    """Tell every champion of MODEL: who promoted it and when, its commit and verdict, how long it stayed."""
    from ml_ci.reports.history import as_json as packed
    from ml_ci.reports.history import table
    from ml_ci.steps.promote import history

    found = registry.answered(lambda: history(registry.options(config), model, registry.now()))
    click.echo(json.dumps(packed(found), indent=2, ensure_ascii=False) if as_json else "\n".join(table(found)))
