"""What is wrong in `ml-ci.yaml`, where, and the one error that lists all of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeAlias

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass

Place: TypeAlias = tuple[str | int, ...]

HINT = "Nothing was run. `ml-ci schema` prints the JSON Schema, with which an editor completes and checks this file."

MOST_LINES = 100  # of one error


@dataclass(frozen=True)
class Problem:
    """Say what is wrong at `place` (keys and list positions from the top of the file).

    `line` and `column` count from 1; a column of 0 is not shown, a line of 0 is still to be looked up. `file` is
    another file than `ml-ci.yaml`, which that one leads to.
    """

    place: Place
    message: str
    line: int = 0
    column: int = 0
    file: str = ""

    def text(self, path: str) -> str:
        """Give the problem as one line: `ml-ci.yaml:9: models.churn.treshold: unknown key, ...`."""
        path = self.file or path
        where = f"{path}:{self.line}:{self.column}" if self.column else f"{path}:{self.line}"
        place = write_place(self.place)
        return " ".join(f"{where}: {place}: {self.message}".split("\n")) if place else f"{where}: {self.message}"


def error(problems: Iterable[Problem], path: str) -> UserError:
    """Give one error with every problem on its own line, in line order; the first problem of a place speaks for it."""
    by_place: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        by_place.setdefault((problem.file, problem.place, problem.column), problem)
    ordered = sorted(by_place.values(), key=lambda problem: (problem.file, problem.line, problem.column))
    lines = [problem.text(path) for problem in ordered[:MOST_LINES]]
    if len(ordered) > MOST_LINES:
        lines.append(f"{path}: and at least {len(ordered) - MOST_LINES:,} more problems")
    return UserError("\n".join(lines), hint=HINT)


def write_place(place: Place) -> str:
    """Write a place as `models.churn.gates[0]`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{shorten(part)}"
    return text.removeprefix(".")


def shorten(text: str, limit: int = 60) -> str:
    """Cut a text to one printable line of at most `limit` characters."""
    printable = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text[:limit])
    return printable + ("…" if len(text) > limit else "")


def show(value: object) -> str:
    """Write a value as its author wrote it: text in quotes, numbers and booleans bare, the rest by its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{shorten(value)}'"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan")
    if isinstance(value, int | float):
        return shorten(repr(value), 30)
    if not value:
        return "an empty list" if isinstance(value, list) else "an empty mapping"
    return "a list" if isinstance(value, list) else "a mapping"


def suggest(word: str, known: Iterable[str]) -> str:
    """Give `, did you mean 'threshold'?`, or "" when no known word is close."""
    candidates = {name.lower(): name for name in known}
    close = get_close_matches(word.lower()[:100], list(candidates), n=1, cutoff=0.61)  # "gates" is no "after"
    return f", did you mean '{candidates[close[0]]}'?" if close else ""
