"""How a gate was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass

Verdict: TypeAlias = Literal["pass", "fail", "inconclusive", "error", "unjudged"]


@dataclass(frozen=True, slots=True)
class GateResult:
    """How one gate, or one slice of it, was judged.

    `condition` is the gate as written. `value`, `limit` and `baseline` are rates or metrics, None where undefined.
    `interval` is of the value, or of the difference to the baseline where the gate is relative; two-sided at `level`,
    each of its ends at half of what is left. `needs` is the estimated number of further labelled rows, which prove it
    with `chance` if what was measured is the truth (None: there is no such chance to name). `reason` is one sentence
    for someone who is no statistician;
    `slice` reads `region = north`, or None for all rows. `line` is where the gate stands in the configuration.

    Where rows belong together or weigh unlike: they are of `clusters`, which are called `unit` in the plural (None, "":
    each is its own), count as `effective_rows` independent ones, `design_effect` rows as one (None: they were
    resampled instead), and `needs_clusters` more bring the rows that it needs.
    """

    condition: str
    verdict: Verdict
    slice: str | None = None
    value: float | None = None
    limit: float | None = None
    baseline: float | None = None
    interval: tuple[float, float] | None = None
    confidence: float | None = None
    needs: int | None = None
    reason: str = ""
    line: int | None = None
    level: float | None = None
    chance: float | None = None
    clusters: int | None = None
    unit: str = ""
    design_effect: float | None = None
    effective_rows: float | None = None
    needs_clusters: int | None = None


# The slices that moved furthest are told from noise, so many as a report shows.
MOST_SLICES = 20


@dataclass(frozen=True)
class Difference:
    """What the rows say of a metric's difference to the baseline: its two-sided interval at `level`, None without one.

    Without an interval nothing can be told: too few rows, or a holdout that was looked at too often.
    """

    interval: tuple[float, float] | None = None
    level: float | None = None

    @property
    def told(self) -> bool:
        """Whether it is more than noise: its interval leaves out 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Differences:
    """The differences that were tested, by metric: on all rows, and on slices by column(s) and value.

    A metric that is missing was alike on both sides, undefined on one, or no test is known for it.
    """

    metrics: Mapping[str, Difference] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, Mapping[str, Difference]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What a report tells of one earlier look at its holdout, and of its own: the candidate's counts, and the verdict.

    `when` is ISO 8601, UTC.
    """

    when: str
    commit: str | None
    verdict: Verdict
    promoted: bool
    tp: int
    fp: int
    tn: int
    fn: int


# A report tells no more of them: the latest.
MOST_JUDGEMENTS = 60
