"""What `ml-ci.yaml` says of a model in use: where its live rows are, and what has to hold of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.spec.gate import GateSpec

Lines: TypeAlias = Literal["kserve", "sagemaker"]
Traffic: TypeAlias = float | Literal["shadow"]

DAY = 86_400.0
YEAR = 365 * DAY


@dataclass(frozen=True)
class LiveSource:
    """Where rows are: one of `path` (a file, a glob, a folder that may grow, a URL) and `sql` (a query).

    `sql` is DuckDB's, or PostgreSQL's where `dsn` names the variable of the environment that holds the connection: no
    secret stands in `ml-ci.yaml`. `format` reads the log lines of a server. `time` is the column that says when a label
    came to be known, of labels only.
    """

    path: str | None = None
    sql: str | None = None
    dsn: str | None = None
    format: Lines | None = None
    time: str | None = None

    @property
    def text(self) -> str:
        """How a report names it: the path, or the beginning of the query."""
        if self.path is not None:
            return self.path
        query = " ".join((self.sql or "").split())
        return f"{query[:60]}…" if len(query) > 60 else query


@dataclass(frozen=True)
class LiveFeatures:
    """The features that a job computes anew, joined by id with the logged ones; numbers agree `within` a share.

    `limit` is the share of rows that may differ.
    """

    source: LiveSource
    within: float = 1e-6
    limit: float = 0.001


@dataclass(frozen=True)
class OnAlarm:
    """What an alarm does beside the verdict: keep an `issue`, start the workflow file `dispatch`."""

    issue: bool = True
    dispatch: str | None = None


@dataclass(frozen=True)
class LiveSpec:
    """`live:` of a model, with every default filled in; `delay`, `window` and `false_alarms` in seconds.

    A row is judged when it is `delay` old, in the window of its prediction. `version` is the column that says which
    model answered. With `dependent` rows a window is one observation. Of the rows of one `unit` in a window the first
    counts. `weight` is the column with the number of rows that a labelled row stands for. A drift of more than `drift`
    is told. `false_alarms` is the mean time to one false alarm of a gate, whatever the number of gates.
    """

    predictions: LiveSource
    id: str
    time: str
    labels: LiveSource | None = None
    version: str | None = None
    delay: float = 30 * DAY
    window: float = 7 * DAY
    dependent: bool = True
    unit: str | None = None
    weight: str | None = None
    gates: tuple[GateSpec, ...] = ()
    drift: float = 0.10
    false_alarms: float = 5 * YEAR
    features: LiveFeatures | None = None
    on_alarm: OnAlarm = OnAlarm()

    @property
    def windows_per_alarm(self) -> float:
        """A: the mean number of windows to one false alarm."""
        return self.false_alarms / self.window


@dataclass(frozen=True)
class Ramp:
    """The share of traffic that a candidate gets, by the seconds since it came into the stage, ascending from 0."""

    steps: tuple[tuple[float, float], ...]

    def share(self, seconds: float) -> float:
        """Give the share in force so many seconds after the candidate came; that of the first step before it."""
        return next((share for begin, share in reversed(self.steps) if begin <= seconds), self.steps[0][1])
