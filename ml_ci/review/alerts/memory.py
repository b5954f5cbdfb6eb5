"""Where it is remembered what was told: in the issue of a model, or in a file that the job keeps."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Protocol

from ml_ci.errors import UserError
from ml_ci.forges.errors import UnclearError
from ml_ci.forges.values import Issue
from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text
from ml_ci.reports.text import label
from ml_ci.review.alerts.told import Told, decode, from_json, to_json
from ml_ci.review.alerts.values import Alert
from ml_ci.review.desk import Desk

_TOLD = re.compile(r"<!-- ml-ci:told ([\w=-]*) -->")
_ROUNDS = 3
_MOST_TITLE = 200
_MOST_FILE = 4 * 1024 * 1024


class Memory(Protocol):
    """What is remembered of one model's alarms."""

    def read(self) -> Told:
        """Give what is remembered."""
        ...

    def wants(self, told: Told) -> bool:
        """Say whether there is anything to write before something is sent, by what was told before."""
        ...

    def write(self, told: Told) -> None:
        """Remember it, whatever happens next."""
        ...

    @property
    def deed(self) -> str:
        """What was done to what people see, in words; "" for nothing."""
        ...


def key_of(model: str, project: str = "") -> str:
    """Give what tells the issue of a model from any other: a word of its name, and a digest of it and its project."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", model).strip("-")[:40] or "model"
    digest = hashlib.sha256("\0".join((project, model)).encode()).hexdigest()
    return f"{slug}-{digest[:12]}"


class InIssue:
    """One issue for each model: found by marker and author, edited in place, closed when the champion changes.

    A person who closes it is heard: it is opened again for another champion's alarm, or one that is new.
    """

    def __init__(self, desk: Desk, alert: Alert, author: str = "", project: str = "", run_url: str = "") -> None:
        self.desk, self.alert, self.author, self.run_url = desk, alert, author or desk.who(), run_url
        self.opening = f"<!-- ml-ci:alert key={key_of(alert.model, project)} digest="
        self.issue: Issue | None = None
        self._done = ""
        self._open: bool | None = None

    def read(self) -> Told:
        self.issue = self._found()
        return Told() if self.issue is None else _told_in(self.issue)

    def write(self, told: Told) -> None:
        """Let the issue say what the look found, and remember; without an alarm no issue is opened."""
        if self._open is None:
            self._open = self._wants_open(Told() if self.issue is None else _told_in(self.issue))
        if self.issue is None:
            if self.alert.alarms:
                self.issue = self._opened(self._body(told))
            return
        title = _title(self.alert) if self._open else self.issue.title
        wanted = replace(self.issue, title=title, body=self._body(told), open=self._open)
        if self._digest(told) not in self.issue.body or wanted.open != self.issue.open:
            self.desk.edit_issue(wanted)
            self._done = self._done or _deed(self.issue, wanted)
            self.issue = wanted

    def wants(self, told: Told) -> bool:
        """Leave alone what a person has closed; without an alarm there is no issue to begin with."""
        if self.issue is None:
            return bool(self.alert.alarms)
        return self.issue.open or self._wants_open(told)

    @property
    def deed(self) -> str:
        if self.issue is None:
            return ""
        return f"issue #{self.issue.number} {self._done or 'left as it is'}"

    def _wants_open(self, told: Told) -> bool:
        """Say whether the issue is to be open, by what was told before."""
        alert = self.alert
        changed = alert.known and not told.damaged and told.version != alert.version
        if self.issue is None or self.issue.open:
            return bool(alert.alarms) or not changed
        return bool(alert.alarms) and (changed or any(not told.knows(alarm.id) for alarm in alert.alarms))

    def _opened(self, body: str) -> Issue:
        """Open the issue; where two jobs do at once, or an answer was lost, one is left."""
        last: UnclearError | None = None
        for attempt in range(_ROUNDS):
            try:
                made = self.desk.open_issue(_title(self.alert), body)
            except UnclearError as error:  # it may be there: look before opening another
                last = error
                self.desk.sleep(2.0**attempt)
                if (found := self._found()) is not None:
                    self._done = "opened"
                    return found
                continue
            self._done = "opened"
            return self._oldest([made, *self._own()])
        raise last or AssertionError("a round ends or raises")

    def _found(self) -> Issue | None:
        own = self._own()
        return self._oldest(own) if own else None

    def _own(self) -> list[Issue]:
        return [one for one in self.desk.issues(self.author) if one.body.lstrip("\ufeff \r\n").startswith(self.opening)]

    def _oldest(self, own: list[Issue]) -> Issue:
        """Give the first of them; the others are closed."""
        first, *younger = sorted({one.number: one for one in own}.values(), key=lambda one: one.number)
        for one in younger:
            if one.open:
                self.desk.edit_issue(replace(one, open=False, body=f"It is told in #{first.number}.\n"))
        return first

    def _body(self, told: Told) -> str:
        link = f"\n<sub>[The run]({self.run_url})</sub>\n" if self.run_url else ""
        return f"{self.opening}{self._digest(told)} -->\n<!-- ml-ci:told {told.encode()} -->\n{self.alert.body}{link}"

    def _digest(self, told: Told) -> str:
        """Digest what the issue says but the run that said it; a forge may keep a text otherwise than it was sent."""
        said = "\0".join((_title(self.alert), told.encode(), self.alert.body))
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _told_in(issue: Issue) -> Told:
    found = _TOLD.search(issue.body)
    return decode(found[1]) if found else Told(damaged=True)


def _title(alert: Alert) -> str:
    first = alert.alarms[0].gate if alert.alarms else ""
    said = f"{first} no longer holds on live rows" if first else "no alarm"
    more = f" (and {len(alert.alarms) - 1} more)" if len(alert.alarms) > 1 else ""
    return label(f"{alert.model} v{alert.version}: {said}{more}", _MOST_TITLE)


def _deed(before: Issue, now: Issue) -> str:
    if before.open and not now.open:
        return "closed"
    return "opened again" if now.open and not before.open else "edited"


@dataclass(frozen=True)
class InFile:
    """A file that the job keeps from look to look, where there is no issue: what is lost with it is told once more."""

    file: Path
    model: str
    alarms: bool

    deed: ClassVar[str] = ""

    def read(self) -> Told:
        return self._models().get(self.model, Told())

    def wants(self, told: Told) -> bool:
        return self.alarms

    def write(self, told: Told) -> None:
        models = {**self._models(), self.model: told}
        said = {"format": 1, "models": {name: to_json(one) for name, one in models.items()}}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.file, json.dumps(said, indent=1) + "\n")

    def _models(self) -> dict[str, Told]:
        """Read the file; UserError for what is none: to begin anew would tell everything once more."""
        try:
            with self.file.open("rb") as opened:
                data = json.loads(opened.read(_MOST_FILE))
            if data["format"] != 1:
                raise ValueError("another format")
            return {str(name): from_json(one) for name, one in data["models"].items()}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UserError(
                f"{label(str(self.file))}: it does not say what was told of which alarm",
                hint="Put back the file of the last look, or remove it: then each alarm is told once more.",
            ) from None
