"""What is asked of a forge, and what a forge is asked to do. Secrets are in no repr."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ml_ci.forges.forge import Forge
from ml_ci.frozen import dataclass

State: TypeAlias = Literal["pending", "success", "failure", "error"]
Kind: TypeAlias = Literal["pull-request", "fork", "push", "merge-group", "workflow-run", "manual", "other"]

_FILES = ("event", "step_summary", "output")
_COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")


def read_commit(said: str) -> str:
    """Give a commit's full id; "" for what is none."""
    return said if _COMMIT.match(said) else ""


@dataclass(frozen=True)
class Token:
    """A secret: shown nowhere, neither by `repr` nor by `str`; `value` is read where the request is sent."""

    value: str = field(default="", repr=False)

    def __str__(self) -> str:
        return "***" if self.value else ""

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Request:
    """What a command was asked for, with what the forge says of the run; "" and None where it is not known.

    `forge` is its name, "" for the one that is asked where none runs. `output` is the file of the step's outputs.
    `project` is the folder of ml-ci.yaml in a repository of several projects, "" for the root. `page` is where a
    page of the reports lies. `said` are the variables that say what the job is of, where the forge has no file of the
    event; `pipeline` is the one that statuses are for.
    """

    reports: tuple[Path, ...] = (Path(".ml_ci/report.json"),)
    expect: Path | None = None
    repository: str = ""
    pull_request: int | None = None
    sha: str = ""
    key: str = ""
    author: str = ""
    target_url: str = ""
    api_url: str = ""
    server_url: str = ""
    event_name: str = ""
    event: Path | None = None
    step_summary: Path | None = None
    output: Path | None = None
    token: Token = field(default_factory=Token)
    workflow: str = ""
    run_id: str = ""
    head: str = ""
    forge: str = ""
    project: str = ""
    page: str = ""
    pipeline: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, forge: Forge, environment: Mapping[str, str], **given: Any) -> Request:
        """Ask for what a job is about, from the variables that its forge sets; what is `given` comes first."""
        said: dict[str, Any] = {}
        for name, variable in forge.variables.items():
            value = environment.get(variable, "")
            if value:
                said[name] = Path(value) if name in _FILES else Token(value) if name == "token" else value
        told = {name: environment[name] for name in forge.said if environment.get(name)}
        return cls(**{**said, "said": told, **given, "forge": forge.name})


@dataclass(frozen=True)
class Head:
    """Where a change comes from: enough to find it by API."""

    repository: str
    branch: str
    sha: str


@dataclass(frozen=True)
class Activity:
    """What to do for one event.

    `sha` is the commit that statuses belong to (never a merge commit that the forge made), `pull_request` its number
    where the event tells it, `head` what to look it up by where it does not. `gates_from` is the ref whose gates judge.
    `here` is the commit that a run of the event checks out: of a pull request the merge that the forge makes of it.
    `run` is the id of the run that left the reports, where it is not this one. `covers` is the branch whose ml-ci.yaml
    the second stage has at hand, which is read from the default branch. `promotes` says that this is the default
    branch. `why` says why nothing may be written, or "".
    """

    kind: Kind
    sha: str = ""
    pull_request: int | None = None
    head: Head | None = None
    gates_from: str = ""
    here: str = ""
    run: str = ""
    covers: str = ""
    comments: bool = False
    statuses: bool = False
    promotes: bool = False
    why: str = ""


@dataclass(frozen=True)
class PullRequest:
    """A pull request: its number, the commit at its head now, whether it is open, the branch that it goes to."""

    number: int
    sha: str
    open: bool
    base: str = ""


@dataclass(frozen=True)
class Neighbour:
    """Another open pull request with the same head: its number, and the branch that it goes to."""

    number: int
    base: str


@dataclass(frozen=True)
class Status:
    """A commit status: `context` is its name, `description` has at most 140 characters."""

    context: str
    state: State
    description: str
    target_url: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment of a pull request: its number, its author's login, its Markdown."""

    id: int
    author: str
    body: str


@dataclass(frozen=True)
class Issue:
    """An issue: its number in the repository, its author's login, its title, its Markdown, whether it is open."""

    number: int
    author: str
    title: str
    body: str
    open: bool
    url: str = ""
