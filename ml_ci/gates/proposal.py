"""Propose gates with a fixed limit, from the numbers that were measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ml_ci.conditions.tree import Condition
from ml_ci.frozen import dataclass
from ml_ci.metrics import HIGHER_IS_WORSE, LOWER_IS_WORSE, WITHIN_ONE

# What is proposed where no gate names a metric that has a value: the two errors that the tool is for.
_OTHERWISE = ("fnr", "fpr")
_MOST = 2
_LIMITED = WITHIN_ONE & (HIGHER_IS_WORSE | LOWER_IS_WORSE)
# A limit that allows everything is none: where the measured number is this bad, half is asked for.
_LEAST_ASKED = 0.5


@dataclass(frozen=True)
class Proposal:
    """A gate to add: `condition` as it would be written, and the `value` in [0, 1] that its metric has now."""

    condition: str
    value: float


def propose(conditions: Sequence[Condition], measured: Mapping[str, float | None]) -> tuple[Proposal, ...]:
    """Propose at most two gates with fixed limits, on the metrics that the conditions name; () where none has a value.

    `measured` are the candidate's metrics by name. A limit lies a little on the safe side of what was measured, so that
    the gate holds for this model and stops a clearly worse one.
    """
    named = [metric for condition in conditions for metric in sorted(condition.metrics)]
    found = _proposals(dict.fromkeys((*named, *_OTHERWISE)), measured)
    return tuple(one for _, one in zip(range(_MOST), found, strict=False))


def _proposals(names: Mapping[str, None], measured: Mapping[str, float | None]) -> Iterator[Proposal]:
    for name in names:
        value = measured.get(name)
        if name in _LIMITED and value is not None and 0 <= value <= 1:
            yield _proposal(name, value)


def _proposal(name: str, value: float) -> Proposal:
    if name in HIGHER_IS_WORSE:
        limit = _round_up(value)
        return Proposal(f"{name} <= {limit if limit < 1 else _LEAST_ASKED:g}", value)
    room = _round_up(1 - value)
    return Proposal(f"{name} >= {1 - room if room < 1 else _LEAST_ASKED:g}", value)


def _round_up(value: float) -> float:
    """Round up to a number that a person would write: 0.124 → 0.15, 0.031 → 0.04, 0 → 0.01."""
    step = 0.05 if value > 0.1 else 0.01
    return round(max(math.ceil(round(value / step, 9)), 1) * step, 9)
