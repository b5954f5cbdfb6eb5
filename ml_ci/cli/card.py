"""`ml-ci card`: the model card of a version."""

from __future__ import annotations

from pathlib import Path

import click

from ml_ci.cli import parameters, registry
from ml_ci.cli.files import check


@click.command()
@parameters.version
@click.option(
    "--output",
    "--out",
    "files",
    multiple=True,
    metavar="FILE",
    help="Write it to a .md or .html file; may be given again.",
)
@click.option("--no-importance", is_flag=True, help="Do not run the model to see what it relies on.")
@parameters.python
@parameters.config
def command(model: str, files: tuple[str, ...], no_importance: bool, python: str | None, config: str | None) -> None:
    """Write the model card of a version: use and owner, data, mistakes by group, gates, history, how to make it again.

    What the model relies on is measured here: it scores up to 1,000 rows of the holdout with each feature shuffled, for
    five minutes at most.

    VERSION is a number or `previous`; without it, the champion. Without --output, Markdown is printed. What no run can
    find out stands in ml-ci.yaml: `card: {intended_use: ..., owner: ..., limitations: ...}`.
    """
    from ml_ci.records.atomic import write_text
    from ml_ci.reports import card_html, card_markdown
    from ml_ci.steps.lineage.card import make_card

    for file in files:
        check("--output", file, (".md", ".html"))
    options, now = registry.options(config, python), registry.now()
    made = registry.answered(lambda: make_card(options, model, now, relied=not no_importance))
    for file in files:
        write_text(Path(file), (card_html if Path(file).suffix == ".html" else card_markdown).render(made))
        click.echo(f"wrote {file}")
    if not files:
        click.echo(card_markdown.render(made), nl=False)
