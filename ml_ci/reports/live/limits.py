"""Read from a live gate's text what it bounds; a report may hold any text."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from ml_ci.conditions import ConditionError, parse
from ml_ci.spec.live_gates import LiveLimit, find_limit, find_margin

Limited: TypeAlias = LiveLimit
_LONGEST = 1000


@lru_cache(maxsize=1000)
def read(condition: str) -> Limited | None:
    """Read a gate of `live:`, such as `fnr <= holdout.fnr + 0.05`; None for what is none."""
    try:
        return find_limit(parse(condition, live=True)) if len(condition) <= _LONGEST else None
    except (ConditionError, ValueError):
        return None


@lru_cache(maxsize=1000)
def read_margin(condition: str) -> Limited | None:
    """Read a gate of a stage with traffic, such as `fnr <= baseline.fnr + 0.02`; None for what is none."""
    try:
        return find_margin(parse(condition)) if len(condition) <= _LONGEST else None
    except (ConditionError, ValueError):
        return None
