"""Print a report on standard output, in the way that fits where it goes."""

from __future__ import annotations

import sys

import click

from ml_ci.reports.values import Report


def show(report: Report) -> None:
    """Print the report: drawn to the width of a terminal, plain elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console

        from ml_ci.reports import terminal

        terminal.show(report, Console())
    else:
        from ml_ci.reports.plain import plain

        click.echo(plain(report), nl=False)
