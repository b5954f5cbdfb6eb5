"""Judge the share of live rows whose features, or decisions, are not the ones that they should be: `skew <= 0.001`."""

from __future__ import annotations

from ml_ci.gates.statistics import limits
from ml_ci.gates.values import GateResult
from ml_ci.gates.wording import more_rows

CONFIDENCE = 0.95


def judge_skew(rows: int, mismatches: int, limit: float, confidence: float = CONFIDENCE) -> GateResult:
    """Judge `mismatches / rows <= limit` by Clopper and Pearson's bounds, each one-sided at `confidence`.

    It passes where the rows prove it, fails where they prove the contrary, and is inconclusive between: then `needs`
    estimates how many more rows would prove it. No rows: unjudged. ValueError for impossible counts.
    """
    condition = f"skew <= {limit:g}"
    if not rows:
        return GateResult(condition, "unjudged", limit=limit, reason="there is no row to compare")
    found = limits.at_most(mismatches, rows, limit, 1 - confidence)
    needs = found.needs if found.outcome == "inconclusive" else None
    return GateResult(
        condition,
        found.outcome,
        value=mismatches / rows,
        limit=limit,
        interval=found.interval,
        confidence=confidence,
        level=2 * confidence - 1,
        needs=needs,
        reason="" if found.outcome != "inconclusive" else f"{rows:,} rows prove neither: {more_rows(needs, 'rows')}",
    )


def bound_rate(rows: int, mismatches: int, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Give Clopper and Pearson's two-sided interval of a rate; None of no rows."""
    if not rows:
        return None
    half = (1 - confidence) / 2
    return float(limits.lower(mismatches, rows, half)[0]), float(limits.upper(mismatches, rows, half)[0])
