"""What is counted of live rows, as frozen values of builtin types. Times are ISO 8601 in UTC, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.frozen import dataclass

SCORE = "score"  # the name of what the model says, among the columns that are held against the holdout's


@dataclass(frozen=True)
class Champion:
    """The model in use, as the registry knows it: `version` is its number there, `since` when it became champion.

    A live score is positive from `threshold` on; None where the model gives labels. `holdout` is what it came to on its
    holdout.
    """

    model: str
    version: str
    since: str
    commit: str
    threshold: float | None
    holdout: Confusion


@dataclass(frozen=True)
class Candidate:
    """The model beside the champion: its version in the registry, and `since` when it came into its stage."""

    version: str
    since: str
    commit: str
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Bins:
    """How the values of a column are counted, and the reference's own `counts`, a bin each.

    Of a number: up to each of `edges` (ascending, included), above the last, and missing. Of a text, or a boolean: each
    of `values`, any other, and missing.
    """

    kind: Literal["number", "boolean", "text"]
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Name the bins, in the order of the counts: `<= 18`, `18 … 30`, `> 30`, `missing`."""
        if self.kind != "number":
            return (*self.values, "other", "missing")
        if not self.edges:
            return ("any", "missing")
        between = (f"{low:g} … {high:g}" for low, high in zip(self.edges[:-1], self.edges[1:], strict=True))
        return (f"<= {self.edges[0]:g}", *between, f"> {self.edges[-1]:g}", "missing")


@dataclass(frozen=True)
class Reference:
    """What windows are held against: the champion on its holdout, by column; `score` is what it said there."""

    holdout: Confusion
    columns: Mapping[str, Bins] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Labelled rows of one class that had the same known `probability` of being labelled: decided wrong, and right."""

    positive: bool
    probability: float
    wrong: int
    right: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rows whose delay is over (`due`), and how many of them have a label."""

    due: int = 0
    labelled: int = 0

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.due + other.due, self.labelled + other.labelled)

    @property
    def share(self) -> float | None:
        """The share that has a label; None of no rows."""
        return self.labelled / self.due if self.due else None


@dataclass(frozen=True)
class Window:
    """The live rows with their prediction in [`begin`, `end`), windows being aligned to the promotion.

    `closed`: every row of it is `delay` old; only these are judged, and stay as they are. `rows` are predictions,
    `positive` those decided so. `counts` are of rows that are due and labelled, as `weighed` are where labels have
    weights. `columns` has the rows by bin of the reference. `late` are the labels that came or changed after it was
    frozen: told, not counted.
    """

    begin: str
    end: str
    closed: bool
    rows: int
    positive: int
    counts: Confusion
    decided_positive: Coverage
    decided_negative: Coverage
    weighed: tuple[Weighed, ...] = ()
    columns: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    late: int = 0


@dataclass(frozen=True)
class Watched:
    """All windows of a champion since its promotion, in order; the last may be open.

    `waiting` are rows that are not `delay` old. `last_row` is the time of the newest prediction. `notes` are sentences
    on rows that were not counted, and on what that means.
    """

    model: str
    version: str
    since: str
    windows: tuple[Window, ...]
    reference: Reference
    waiting: int = 0
    last_row: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShadowWindow:
    """A window in which both models answered every row.

    `paired` crosses their errors on rows that are due and labelled. `agreed` and `disagreed` are the rows on whose
    decision they do, labelled or not. `alone` are rows that only the candidate, and only the champion, answered.
    """

    begin: str
    end: str
    closed: bool
    paired: Paired
    agreed: Coverage
    disagreed: Coverage
    alone: tuple[int, int] = (0, 0)
    late: int = 0

    @property
    def rows(self) -> int:
        """The rows that both answered, and that are due."""
        return self.agreed.due + self.disagreed.due


@dataclass(frozen=True)
class SplitWindow:
    """A window in which each row went to the candidate with probability `share`, otherwise to the champion.

    `assigned` are all rows of candidate and champion, labelled or not. `candidate` and `champion` count those that are
    due and labelled, `covered` how many of the rows that are due have a label.
    """

    begin: str
    end: str
    closed: bool
    share: float
    assigned: tuple[int, int]
    candidate: Confusion
    champion: Confusion
    covered: tuple[Coverage, Coverage] = (Coverage(), Coverage())
    late: int = 0


@dataclass(frozen=True)
class Shadowed:
    """All windows of a shadow, in order, since both models were there: `since`."""

    model: str
    stage: str
    champion: str
    candidate: str
    since: str
    windows: tuple[ShadowWindow, ...]
    waiting: int = 0
    last_row: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """All windows of a split, in order, since both models were there: `since`."""

    model: str
    stage: str
    champion: str
    candidate: str
    since: str
    windows: tuple[SplitWindow, ...]
    waiting: int = 0
    last_row: str | None = None
    notes: tuple[str, ...] = ()


Canary: TypeAlias = Shadowed | Split
