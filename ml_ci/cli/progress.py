"""Show a run on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.steps.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

# Some systems end a job that says nothing for ten minutes.
_EVERY_SECONDS = 30.0
# Both sides of a model, or several seeds, may be worked on at once: each by a thread of its own.
_Work: TypeAlias = tuple[str, int]
_WARNS = re.compile(r"\s*(?:warnings\.)?warn(?:_explicit)?\(")


@contextmanager
def showing() -> Iterator[Progress]:
    """Give what shows a run for the time of a `with` block."""
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    with LiveLine() as live:
        yield live


class PlainLines:
    """Write a line when work begins and ends, and a sign of life every half minute."""

    def __init__(self) -> None:
        self._what: dict[_Work, str] = {}
        self._said = 0.0

    def begin(self, model: str, what: str) -> None:
        """Say what begins."""
        self._what[_work(model)], self._said = what, time.monotonic()
        _write(f"{model}: {what} …")

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Say now and then that the job is alive."""
        if time.monotonic() - self._said >= _EVERY_SECONDS:
            self._said = time.monotonic()
            line = _telling(last_line)
            said = f"{model}: still {self._what.get(_work(model), 'running')}, {_state(seconds, megabytes)}"
            _write(f"{said}: {line}" if line else said)

    def end(self, model: str, what: str, seconds: float) -> None:
        """Say what ended."""
        _write(f"{model}: {what} took {seconds:.1f} s")

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Say what was stopped."""
        _write(f"{model}: {what} was stopped after {seconds:.1f} s")

    def note(self, model: str, text: str) -> None:
        """Say what the user should know."""
        _write(f"{model}: note: {text}")


class LiveLine:
    """Keep a line for each piece of work at the bottom of the terminal, removed at the end."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._tasks: dict[_Work, int] = {}

    def __enter__(self) -> LiveLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, model: str, what: str) -> None:
        """Show what begins."""
        self._tasks[_work(model)] = self._started().add_task(_shown(f"{model}: {what}"), total=None, state="", line="")

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Show the job's age, memory and last line."""
        if _work(model) in self._tasks:
            state, line = _state(seconds, megabytes), _shown(_telling(last_line))
            self._started().update(self._tasks[_work(model)], state=state, line=line)  # type: ignore[arg-type]

    def end(self, model: str, what: str, seconds: float) -> None:
        """Take the line away and leave one that says how long it took."""
        self._left(model, f"{what} took {seconds:.1f} s")

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Take the line away and leave one that says after how long it was stopped."""
        self._left(model, f"{what} was stopped after {seconds:.1f} s")

    def _left(self, model: str, said: str) -> None:
        bar = self._started()
        if _work(model) in self._tasks:
            bar.remove_task(self._tasks.pop(_work(model)))  # type: ignore[arg-type]
        bar.console.print(_shown(f"{model}: {said}"), style="dim")

    def note(self, model: str, text: str) -> None:
        """Leave a line that says what the user should know."""
        self._started().console.print(_shown(f"{model}: {text}"), style="yellow")

    def _started(self) -> Bar:
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
        return self._bar


def _work(model: str) -> _Work:
    return model, get_ident()


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn
    from rich.table import Column

    return Bar(
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        TextColumn("[cyan]{task.fields[state]}", table_column=Column(no_wrap=True)),
        TextColumn("[dim]{task.fields[line]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )


def _telling(line: str) -> str:
    """Give a job's last line; "" for the line of source that Python prints below a warning: it says nothing."""
    return "" if _WARNS.match(line) else line


def _state(seconds: float, megabytes: float) -> str:
    return f"{seconds:.0f} s, {megabytes:.0f} MB"


def _shown(text: str) -> str:
    """Take from a job's text what would move the cursor or be read as markup."""
    from rich.markup import escape

    return escape("".join(letter for letter in text if letter.isprintable()))


def _write(line: str) -> None:
    print("".join(letter for letter in line if letter.isprintable()), file=sys.stderr, flush=True)
