"""What ml-ci fills in in a command: `{data.NAME}`, `{params}`, `{seed}`, `{out}` and `{needs.NAME}`; no other brace."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Not behind `$`: `${out}` is the shell's. Not with white space inside: `{data.x }` is some other language's.
PLACEHOLDER = re.compile(r"(?<!\$)\{(params|seed|out|(?:data|needs)\.[^\s{}]*)\}")


# What is filled in in a command that scores rows: the model's file, the table of rows, the folder for the scores.
SCORING = re.compile(r"(?<!\$)\{(model|rows|out)\}")


def placeholders(command: str | Iterable[str]) -> tuple[str, ...]:
    """List the placeholders of a command in its order, without braces: `data.train`, `out`."""
    parts = [command] if isinstance(command, str) else command
    return tuple(found for part in parts for found in PLACEHOLDER.findall(part))
