"""Print lines of words on a terminal that is narrower than they are: broken between words, as a list is."""

from __future__ import annotations

import sys
import textwrap
from shutil import get_terminal_size

import click

_INDENT = " " * 8


def say(line: str, *, err: bool = False) -> None:
    """Print a line; on a terminal it is broken between words, elsewhere it stays whole, for whoever reads by line."""
    stream = sys.stderr if err else sys.stdout
    click.echo(wrap(line, get_terminal_size().columns) if stream.isatty() else line, err=err)


def wrap(line: str, width: int) -> str:
    """Break a line between words; paths, commands and numbers stay whole, and may stand out."""
    if len(line) <= width:
        return line
    return textwrap.fill(
        line,
        max(width, 20),
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
