"""What has to hold of a model's answers whatever the label is: the entries of `behaviours:` as frozen values."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass

Kind: TypeAlias = Literal["vary", "raise", "lower", "disturb", "same", "cases"]
Disturbance: TypeAlias = Literal["case", "typo", "space", "missing", "unseen", "extreme", "text"]
Way: TypeAlias = Literal["alone", "shuffled", "again", "served"]
Course: TypeAlias = Literal["never falls", "never rises"]
Counterexamples: TypeAlias = Literal["none", "shrunk", "full"]

# How many holdout rows are asked, how often each is edited, for how many seconds: what an entry does not say.
ROWS, VARIANTS, SECONDS = 4_000, 8, 5.0
# Each in a call by itself, as rows that a model refuses are: a row of a batch costs a three-hundredth of one alone.
ROWS_ALONE, SECONDS_ALONE = 200, 30.0
TOLERANCE = 1e-6
TYPING: tuple[Disturbance, ...] = ("case", "typo", "space")


@dataclass(frozen=True)
class Behaviour:
    """One entry under `behaviours:`, with every default filled in.

    `columns` are those that `vary`, `raise`, `lower` and `disturb` edit. `score` says what the score may not do as the
    columns are raised or lowered, `by` how `disturb` edits a text or number, `same` in which other way the same rows
    are scored; each is empty for the other kinds. `run` is the command that asks the service of `same: served`, `cases`
    the path of a table of rows with their labels.

    A score may differ by `tolerance`. With `or_refused` a row whose edit the model refuses with an exception holds.
    `rows` of the holdout are asked at most, each with `variants` edits at most, for `seconds` a side at most. With
    `hunt_fails` a broken row that is found beyond the holdout fails a gate of it, else it is told.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...] = ()
    score: Course | None = None
    by: tuple[Disturbance, ...] = ()
    same: Way | None = None
    run: str | tuple[str, ...] | None = None
    cases: str | None = None
    tolerance: float = TOLERANCE
    or_refused: bool = False
    rows: int = ROWS
    variants: int = VARIANTS
    seconds: float = SECONDS
    hunt_fails: bool = False
    line: int | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """All that it says and is not usual, in the words of `ml-ci.yaml`: `vary: sex`."""
        what = self.same or self.cases or ", ".join(self.columns)
        told = [f"{self.kind}: {f'[{what}]' if len(self.columns) > 1 else what}"]
        told += [f"score: {self.score}"] if self.score else []
        told += [f"by: [{', '.join(self.by)}]"] if self.by and self.by != TYPING else []
        told += [f"run: {self.run if isinstance(self.run, str) else ' '.join(self.run)}"] if self.run else []
        told += ["or: refused"] if self.or_refused else []
        told += [f"tolerance: {self.tolerance!r}"] if self.tolerance != TOLERANCE else []
        rows, seconds = usual(self.same, self.or_refused)
        told += [f"rows: {self.rows}"] if self.rows != rows else []
        told += [f"variants: {self.variants}"] if self.variants != VARIANTS else []
        told += [f"time: {self.seconds:g}s"] if self.seconds != seconds else []
        told += ["hunt: fails"] if self.hunt_fails else []
        return ", ".join(told)

    @property
    def measuring(self) -> list[object]:
        """What its measured rows depend on, as plain values: not its name, nor for how long it may be asked."""
        run = list(self.run) if isinstance(self.run, tuple) else self.run
        words = [self.kind, list(self.columns), self.score, list(self.by), self.same, run]
        return [*words, self.tolerance, self.or_refused, self.rows, self.variants]


def usual(way: str | None, refused: bool) -> tuple[int, float]:
    """How many rows are asked, for how many seconds a side, where an entry does not say it."""
    return (ROWS_ALONE, SECONDS_ALONE) if way == "alone" or refused else (ROWS, SECONDS)
