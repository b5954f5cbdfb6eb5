"""What a command asks of GitHub, and what GitHub is asked to do. Secrets are in no repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

State: TypeAlias = Literal["pending", "success", "failure", "error"]


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
    """What a command was asked for, with what GitHub Actions says of the run; "" and None where it is not known."""

    reports: tuple[Path, ...] = (Path(".ml_ci/report.json"),)
    expect: Path | None = None
    repository: str = ""
    pull_request: int | None = None
    sha: str = ""
    key: str = ""
    author: str = ""
    target_url: str = ""
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    event_name: str = ""
    event: Path | None = None
    step_summary: Path | None = None
    github_output: Path | None = None
    token: Token = field(default_factory=Token)
    workflow: str = ""
    run_id: str = ""
    head: str = ""

    @classmethod
    def of_runner(cls, environment: Mapping[str, str], reports: tuple[Path, ...], expect: Path | None) -> Request:
        """Ask for what a step of GitHub Actions is about, from the variables that the runner sets."""
        event = environment.get("GITHUB_EVENT_PATH")
        return cls(
            reports=reports,
            expect=expect,
            repository=environment.get("GITHUB_REPOSITORY", ""),
            event_name=environment.get("GITHUB_EVENT_NAME", ""),
            run_id=environment.get("GITHUB_RUN_ID", ""),
            event=Path(event) if event else None,
            api_url=environment.get("GITHUB_API_URL") or "https://api.github.com",
            token=Token(environment.get("GITHUB_TOKEN", "")),
            head=environment.get("GITHUB_SHA", ""),
        )


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
