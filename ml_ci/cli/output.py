"""Print a report on standard output, in the way that fits where it goes."""

from __future__ import annotations

import sys

import click

from ml_ci.reports.values import Report


def show(report: Report, *, verbose: bool = False) -> None:
    """Print the report: drawn to the width of a terminal, plain elsewhere; a pass in three lines unless `verbose`."""
    if sys.stdout.isatty():
        from rich.console import Console

        from ml_ci.reports import terminal

        terminal.show(report, Console(), short=not verbose)
    else:
        from ml_ci.reports.plain import plain

        click.echo(plain(report, short=not verbose), nl=False)
