"""What every part of the page is drawn from: one model of a report, and where on the page it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.metrics import NOISE
from ml_ci.reports.page.markup import NOTHING, Html, join, named, tag, text
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport, Report


@dataclass(frozen=True)
class Sheet:
    """One model of a report; `key` begins every id of it, `alone` says that it is the report's only one.

    Without `curves` they are left out: the page would be too large.
    """

    name: str
    model: ModelReport
    report: Report
    key: str
    alone: bool
    curves: bool = True

    @property
    def level(self) -> int:
        """Which level the headings of its sections have."""
        return 2 if self.alone else 3

    def id(self, part: str) -> str:
        """Give the id of a part of it."""
        return f"{self.key}-{part}"


class Place(Protocol):
    """Where on a page something stands: the level of its headings, its ids, and whether it is the page's only one."""

    @property
    def alone(self) -> bool: ...
    @property
    def level(self) -> int: ...
    def id(self, part: str) -> str: ...


@dataclass(frozen=True)
class Part:
    """A section of a sheet: its id, what the navigation calls it, its title, and a body, which may be nothing."""

    key: str
    short: str
    title: str
    body: Html


def section(sheet: Place, part: Part) -> Html:
    """Draw a section; nothing where it has no body."""
    if not part.body:
        return NOTHING
    at = sheet.id(part.key)
    head = tag(f"h{sheet.level}", part.title, id=f"{at}-title")
    # Of several models each section is told from those of the others.
    called = f"{at}-title" if sheet.alone else f"{sheet.id('name')} {at}-title"
    return tag("section", head, part.body, id=at, aria_labelledby=called)


def mark(verdict: Verdict) -> Html:
    """Give the sign of a verdict, which the words beside it say, too."""
    return tag("span", MARKS[verdict], class_=f"mark {verdict}", aria_hidden="true")


def lead(*said: str) -> Html:
    """Say in a paragraph how to read what follows."""
    return tag("p", *said, class_="lead")


def of_name(name: str, said: str) -> Html:
    """Escape a sentence that begins with somebody's name, which is kept apart from the words after it."""
    shown = label(name, 100)
    if not shown or not said.startswith(shown):
        return text(said)
    return join((named(shown), text(said[len(shown) :])))


def arrow(said: str, *, at_length: bool = False) -> Html:
    """Say which way a number went; the colour says no more than the word. `at_length` says what `≈` means."""
    said = {NOISE: f"{NOISE} may be noise", "=": "= as before"}.get(said, said) if at_length else said
    tone = {"worse": "worse", "better": "better"}.get(said.rpartition(" ")[2], "even")
    return tag("span", said, class_=tone) if said else NOTHING


def fold(summary: Html, *inside: Html, opened: bool = False, **more: str) -> Html:
    """Fold something away; in print every fold is open."""
    return tag("details", tag("summary", summary), *inside, open=opened, **more)


def bullets(items: Iterator[Html] | list[Html], **more: str) -> Html:
    """Give a list; nothing where it is empty."""
    shown = [tag("li", item) for item in items]
    return tag("ul", *shown, **more) if shown else NOTHING
