"""`ml-ci canary`: may the model of a stage take over, by what it does on live rows beside the champion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ml_ci.cli import parameters, registry
from ml_ci.cli.files import check
from ml_ci.cli.main import FAILED, INCONCLUSIVE, PASSED
from ml_ci.cli.watch import screen
from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.reports.live.values import CanaryReport

_CODES = {"promote": PASSED, "roll back": FAILED, "continue": INCONCLUSIVE}


@click.command()
@parameters.model
@click.option("--stage", required=True, metavar="NAME", help="The one of its `stages:` with `traffic:` that is judged.")
@parameters.as_json
@parameters.verbose
@click.option(
    "--markdown", "markdown_file", metavar="FILE", type=click.Path(path_type=Path), help="Write it as Markdown too."
)
@click.option("--html", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write a page to look at too.")
@click.option(
    "--to-label",
    "to_label",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the rows that are worth a label to a .csv file: of a shadow, those on which the two models disagree.",
)
@click.option("--serve", metavar="[HOST:]PORT", help="Look again and again, and answer over HTTP what was found.")
@click.option("--every", metavar="PERIOD", help="How long it is from one look to the next, with --serve: 15m.")
@parameters.config
def command(
    model: str,
    stage: str,
    as_json: bool,
    verbose: bool,
    markdown_file: Path | None,
    page: Path | None,
    to_label: Path | None,
    serve: str | None,
    every: str | None,
    config: str | None,
) -> int:
    """Decide by live rows whether the model that is in a stage of MODEL may take the champion's place.

    With `traffic: shadow` both answer every row, and their errors are paired; with a share each row has one answer. A
    gate of the stage is proven or refuted with the confidence that ml-ci.yaml asks for, however often one looks.
    `ml-ci promote` asks for this decision. With --serve a controller of deployments asks: Argo Rollouts, Flagger.

    Exit codes: 0 promote; 1 roll back; 4 continue; 2 a mistake in configuration or data, or the registry does not
    answer.
    """
    from ml_ci.pipeline import canary

    for option, file, endings in (("--to-label", to_label, (".csv",)), ("--html", page, (".html",))):
        if file is not None:
            check(option, file, endings)
    if markdown_file is not None:
        check("--markdown", markdown_file)
    options = registry.options(config)
    if serve is not None:
        _serve(lambda: canary(options, model, stage, registry.now()), serve, every)
    report = registry.answered(lambda: canary(options, model, stage, registry.now(), to_label))
    _leave(report, markdown_file, page)
    _show(report, as_json=as_json, verbose=verbose)
    return _CODES[report.decision]


def _serve(look: Callable[[], CanaryReport], address: str, every: str | None) -> NoReturn:
    """Answer with the last look until it is interrupted."""
    from ml_ci.cli.serving import Look, VerdictServer, read_address, serve
    from ml_ci.reports.live.as_json import dump_canary
    from ml_ci.spec.live_notation import period

    try:
        seconds = period(every or "15m")
    except ValueError as error:
        raise UserError(f"--every: {error}") from None

    def looking() -> Look:
        found = registry.answered(look)
        return Look(found.decision, dump_canary(found))

    server = VerdictServer(read_address(address), seconds)
    click.echo(f"answering at {server.url}, and looking every {every or '15m'}", err=True)
    serve(server, looking, seconds, lambda said: click.echo(said, err=True))


def _leave(report: CanaryReport, markdown_file: Path | None, page: Path | None) -> None:
    from ml_ci.records.atomic import write_text

    if markdown_file is not None:
        from ml_ci.reports.live.markdown import render_canary

        write_text(markdown_file, render_canary(report))
    if page is not None:
        from ml_ci.reports.live.page import render_canary as render_page

        write_text(page, render_page(report))


def _show(report: CanaryReport, *, as_json: bool, verbose: bool) -> None:
    if as_json:
        from ml_ci.reports.live.as_json import dump_canary

        click.echo(dump_canary(report), nl=False)
        return
    from ml_ci.reports.live.plain import show_canary

    click.echo(show_canary(report, screen(verbose=verbose)), nl=False)
