"""How a gate was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["pass", "fail", "inconclusive", "error", "unjudged"]


@dataclass(frozen=True)
class GateResult:
    """How one gate, or one slice of it, was judged.

    `condition` is the gate as written. `value`, `limit` and `baseline` are rates or metrics, None where undefined.
    `interval` is of the value, or of the difference to the baseline where the gate is relative; two-sided at `level`,
    each of its ends at half of what is left. `needs` is the estimated number of further labelled rows, which prove it
    with `chance` if what was measured is the truth (None: there is no such chance to name). `reason` is one sentence
    for someone who is no statistician;
    `slice` reads `region = north`, or None for all rows. `line` is where the gate stands in the configuration.
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
