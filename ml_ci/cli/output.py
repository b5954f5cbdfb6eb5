"""Print a report on standard output, in the way that fits where it goes."""

from __future__ import annotations

import json
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


def as_json(report: Report) -> str:
    """Give the report as JSON text that ends with a newline."""
    from ml_ci.reports.as_json import to_json

    return json.dumps(to_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
