"""`ml-ci card`: the model card of a version."""

from __future__ import annotations

from pathlib import Path

import click

from ml_ci.cli import registry
from ml_ci.errors import UserError


@click.command()
@click.argument("model", metavar="MODEL[@VERSION]")
@click.option(
    "--out", "files", multiple=True, metavar="FILE", help="Write it to a .md or .html file; may be given again."
)
@registry.config
def command(model: str, files: tuple[str, ...], config: str | None) -> None:
    """Write the model card of a version: use and owner, data, mistakes by group, gates, history, how to make it again.

    VERSION is a number or `previous`; without it, the champion. Without --out, Markdown is printed. What no run can
    find out stands in ml-ci.yaml: `card: {intended_use: ..., owner: ..., limitations: ...}`.
    """
    from ml_ci.records.atomic import write_text
    from ml_ci.reports import card_html, card_markdown
    from ml_ci.steps.card import carded

    for file in files:
        if Path(file).suffix not in (".md", ".html"):
            raise UserError(f"--out {file}: what to write is told by the ending", hint="Name a .md or a .html file.")
    made = registry.answered(lambda: carded(registry.options(config), model, registry.now()))
    for file in files:
        write_text(Path(file), (card_html if Path(file).suffix == ".html" else card_markdown).render(made))
    if not files:
        click.echo(card_markdown.render(made), nl=False)
