"""`ml-ci watch`: is the model in use still as good as it was."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, registry
from ml_ci.cli.files import check
from ml_ci.cli.main import FAILED, INCONCLUSIVE, MISTAKE, PASSED, UNJUDGED

if TYPE_CHECKING:
    from ml_ci.reports.live.plain import Look
    from ml_ci.reports.live.values import WatchReport

_WIDE = 100


@click.command()
@parameters.models
@parameters.as_json
@parameters.verbose
@click.option(
    "--markdown", "markdown_file", metavar="FILE", type=click.Path(path_type=Path), help="Write it as Markdown too."
)
@click.option("--html", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write a page to look at too.")
@click.option(
    "--rows",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the live rows that have a label, as the next holdout, to a .csv or .parquet file; nothing is judged.",
)
@parameters.config
def command(
    models: tuple[str, ...],
    as_json: bool,
    verbose: bool,
    markdown_file: Path | None,
    page: Path | None,
    rows: Path | None,
    config: str | None,
) -> int:
    """Look whether the champion of each MODEL, or of all with `live:`, is as good on live rows as it has to be.

    Labels come late: a row is judged once it is `delay` old, in the window of its prediction, and a window that was
    judged stays as it is. However often one looks, a false alarm comes once in `false_alarms` on average.

    Exit codes: 0 healthy; 1 an alarm; 4 too few labels; 5 nothing to watch; 2 a mistake in configuration or data, or
    the registry does not answer.
    """
    for option, file, endings in (("--rows", rows, _TABLES), ("--html", page, (".html",))):
        if file is not None:
            check(option, file, endings)
    if markdown_file is not None:
        check("--markdown", markdown_file)
    if rows is not None:
        return _write_rows(models, rows, config)
    from dataclasses import replace

    from ml_ci.pipeline import watch

    options = replace(registry.options(config), models=models)
    report = registry.answered(lambda: watch(options, registry.now()))
    _leave(report, markdown_file, page)
    _show(report, as_json=as_json, verbose=verbose)
    return code_of(report)


_TABLES = (".csv", ".parquet")


def code_of(report: WatchReport) -> int:
    """Give the exit code of a look: an alarm counts more than what could not be looked at."""
    verdicts = {model.verdict for model in report.models.values()} or {report.verdict}
    for verdict, code in _CODES:
        if verdict in verdicts:
            return code
    return PASSED if verdicts == {"pass"} else MISTAKE


_CODES = (("fail", FAILED), ("error", MISTAKE), ("inconclusive", INCONCLUSIVE), ("unjudged", UNJUDGED))


def _leave(report: WatchReport, markdown_file: Path | None, page: Path | None) -> None:
    from ml_ci.records.atomic import write_text

    if markdown_file is not None:
        from ml_ci.reports.live.markdown import render_watch

        write_text(markdown_file, render_watch(report))
    if page is not None:
        from ml_ci.reports.live.page import render_watch as render_page

        write_text(page, render_page(report))


def _show(report: WatchReport, *, as_json: bool, verbose: bool) -> None:
    if as_json:
        from ml_ci.reports.live.as_json import dump_watch

        click.echo(dump_watch(report), nl=False)
        return
    from ml_ci.reports.live.plain import show_watch

    click.echo(show_watch(report, screen(verbose=verbose)), nl=False)


def screen(*, verbose: bool) -> Look:
    """Say how lines are shown: in the width of the terminal, wide where there is none, with the signs that it has."""
    from ml_ci.reports.live.plain import Look
    from ml_ci.reports.terminal import has_signs

    terminal = sys.stdout.isatty()
    width = min(get_terminal_size().columns, _WIDE) if terminal else _WIDE
    return Look(width, verbose, terminal and not has_signs(sys.stdout.encoding or "ascii"))


def _write_rows(models: tuple[str, ...], file: Path, config: str | None) -> int:
    """Write the rows of one model, and say what to do with them."""
    from dataclasses import replace

    from ml_ci.reports.text import plural
    from ml_ci.steps.watching.rows import write_rows

    options = replace(registry.options(config), models=models)
    found = registry.answered(lambda: write_rows(options, file, registry.now()))
    click.echo(f"wrote {plural(found.rows, 'row')} of {found.model} to {file}: {found.positives:,} positive")
    for line in found.notes:
        click.echo(f"note: {line}")
    click.echo(f"As the next holdout: `data: {{holdout: {file}}}` in ml-ci.yaml; its ledger starts anew.")
    return PASSED
