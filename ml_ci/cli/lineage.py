"""`ml-ci lineage`: where a version of a model comes from."""

from __future__ import annotations

import json

import click

from ml_ci.cli import registry


@click.command()
@click.argument("model", metavar="MODEL[@VERSION]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option("--mermaid", is_flag=True, help="Print a picture as Mermaid, which GitHub draws.")
@registry.config
def command(model: str, as_json: bool, mermaid: bool, config: str | None) -> None:
    """Say what a version was made of: commit, data, code, params, environment, and what it was judged by.

    VERSION is a number or `previous`; without it, the champion.
    """
    from ml_ci.registry.values import Lineage
    from ml_ci.reports import lineage as shown
    from ml_ci.steps.registered import Registered

    def found() -> Lineage:
        opened = Registered.open(registry.options(config))
        return opened.lineage(opened.version(model))

    told = registry.answered(found)
    if as_json:
        click.echo(json.dumps(shown.as_json(told), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(shown.mermaid(told) if mermaid else shown.text(told)))
