"""`ml-ci lineage`: where a version of a model comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, registry
from ml_ci.cli.files import FORM_ENDINGS, FORMS, check

if TYPE_CHECKING:
    from ml_ci.registry.values import Lineage


@click.command()
@parameters.version
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="Which form. [default: by the ending of FILE, or text]"
)
@click.option(
    "--output", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not standard output."
)
@parameters.as_json
@click.option("--mermaid", is_flag=True, help="As --format mermaid.")
@parameters.config
def command(
    model: str, form: str | None, output: Path | None, as_json: bool, mermaid: bool, config: str | None
) -> None:
    """Say what a version was made of: commit, data, code, params, environment, what it was judged by, and its use.

    VERSION is a number or `previous`; without it, the champion.

    \b
    text      lines, for a terminal
    json      everything that is known, with whole digests
    svg       a picture in one file, for browsers; follows light and dark
    mermaid   the same picture as text, which GitHub draws
    """
    from ml_ci.records.atomic import write_text
    from ml_ci.steps.lineage.registered import Registered

    ending = FORM_ENDINGS.get(output.suffix if output else "", "text")
    asked = "json" if as_json else "mermaid" if mermaid else form or ending
    if output is not None:
        check("--output", output)

    def found() -> Lineage:
        opened = Registered.open(registry.options(config))
        return opened.lineage(opened.version(model))

    shown = _shown(asked, registry.answered(found))
    if output is None:
        click.echo(shown, nl=False)
    else:
        write_text(output, shown)
        click.echo(f"wrote {output}")


def _shown(form: str, lineage: Lineage) -> str:
    from ml_ci.reports import lineage as forms
    from ml_ci.reports.lineage_svg import render

    if form == "svg":
        return render(lineage)
    if form == "json":
        return json.dumps(forms.as_json(lineage), indent=2, ensure_ascii=False) + "\n"
    return "".join(f"{line}\n" for line in (forms.mermaid if form == "mermaid" else forms.text)(lineage))
