"""All that a model card is made of, and how an item of it is answered: by what is known, and from where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import get_args

from ml_ci.frozen import dataclass
from ml_ci.registry.history import History
from ml_ci.registry.values import CHAMPION, Event, Lineage
from ml_ci.reports.card_values import Classes, Grid, Importance
from ml_ci.reports.values import ModelReport
from ml_ci.spec.card import Answer
from ml_ci.spec.values import Card as Said

UNKNOWN = "not known to ml-ci"
ANSWERS = frozenset(get_args(Answer))
# item, answer, where from.
Item = tuple[str, str, str]


@dataclass(frozen=True)
class Facts:
    """All that a card is made of.

    `lineage` and `model` are as they were recorded at the promotion; `said` is from ml-ci.yaml; `classes` are the rows
    of each data entry. `impact` says what it was worth, and what its errors cost on live rows.
    """

    lineage: Lineage
    model: ModelReport
    said: Said
    history: History
    relied: Importance
    classes: Mapping[str, Classes] = field(default_factory=dict)
    impact: tuple[str, ...] = ()

    @property
    def details(self) -> Mapping[str, Mapping[str, object]]:
        """What each part of the fingerprint was made of."""
        found: Mapping[str, Mapping[str, object]] = self.lineage.made.get("details") or {}
        return found

    @property
    def named(self) -> str:
        """The version as commands name it."""
        return f"{self.lineage.version.model}@{self.lineage.version.version}"

    @property
    def in_use(self) -> tuple[Event, ...]:
        """The moves that made this version champion, the oldest first."""
        return tuple(event for event in self.lineage.moves if event.stage == CHAMPION)


def ask(facts: Facts, item: str, answer: Answer) -> Item:
    """Answer an item that nobody but a person knows: from `card:`, or by where to say it."""
    said = facts.said.answers.get(answer, "").strip()
    if said:
        return item, said, f"`card.answers.{answer}` in ml-ci.yaml"
    return item, UNKNOWN, f"say it as `card: {{answers: {{{answer}: …}}}}`"


def state(item: str, said: str, key: str) -> Item:
    """Answer an item with a text of its own under `card:`."""
    if said.strip():
        return item, said, f"`card.{key}` in ml-ci.yaml"
    return item, UNKNOWN, f"say it as `card: {{{key}: …}}`"


def know(item: str, answer: str, source: str) -> Item:
    """Answer an item from what is on record; an empty answer is not known."""
    return (item, answer, source) if answer else (item, UNKNOWN, f"{source} does not say it")


def lay_out(items: Iterable[Item]) -> Grid:
    """Make the table of a reader's items."""
    return Grid(("item", "answer", "where from"), tuple(items), "lll")
