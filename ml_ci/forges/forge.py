"""What the rest asks a forge, so that nothing else knows the names of its variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Build:
    """One job of a forge's CI system, as its variables tell; everything is "", 1 and None on a person's machine.

    `event` is what started it, in the forge's own word, `ref` the branch or tag, `run` the id of the workflow or
    pipeline, `attempt` which try of it this is. `target` is the branch that a change goes to, `of_change` says that it
    is a change's: what such a job makes is no other run's business. `actor` is the login of the person behind it.
    """

    event: str = ""
    ref: str = ""
    run: str = ""
    attempt: int = 1
    target: str | None = None
    of_change: bool = False
    actor: str = ""


class Forge(Protocol):
    """A forge: its name, its variables, and what they say of a job. Read when ml-ci starts, so it imports little.

    Words of variables are names, or beginnings that end with `_`. `harmless` ones every job gets but those that look
    like a secret's. `withheld` ones no job ever gets, `tokens` neither, and their values are masked in whatever is
    written. `own_events` are events whose jobs run code that is on the branch already. `variables` are those that a
    request is read from, by its field, `said` those that say what the job is of where no file does, and `asks` the
    options that only this forge has. `tells_all` is the `module:function` of its second stage, where no event starts
    one for a change: it tells every open change what its own pipeline found. `step` and `desk` are the
    `module:object` of how a job of it and its server are spoken to (`ml_ci.review.desk`), imported where something is
    to be told.
    """

    name: str
    title: str
    harmless: str
    withheld: str
    tokens: str
    own_events: frozenset[str]
    variables: Mapping[str, str]
    said: tuple[str, ...]
    asks: tuple[str, ...]
    tells_all: str
    api_url: str
    server_url: str
    step: str
    desk: str

    def runs(self, environment: Mapping[str, str]) -> bool:
        """Say whether this process is in a job of the forge."""
        ...

    def build(self, environment: Mapping[str, str]) -> Build:
        """Read what its variables say of the job; nothing of it is a secret."""
        ...

    def gates_from(self, environment: Mapping[str, str]) -> str | None:
        """Give the ref whose gates judge a change, or a merge queue; None where the tree's own do.

        UserError where it has to be another's, and nobody says whose.
        """
        ...

    def default_branch(self, environment: Mapping[str, str]) -> str | None:
        """Name the default branch, where the job is told; None where it is not."""
        ...
