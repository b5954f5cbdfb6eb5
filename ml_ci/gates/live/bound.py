"""The limit of a live gate as a number: as it is written, or beside what the champion came to on its holdout."""

from __future__ import annotations

import numpy as np

from ml_ci.conditions.tree import Metric
from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.defined import UndefinedError
from ml_ci.gates.live.series import count
from ml_ci.gates.statistics import limits
from ml_ci.gates.wording import points, said, title
from ml_ci.metrics import TABLE
from ml_ci.spec.live_gates import LiveLimit

# One-sided: a holdout whose rate is low by chance gives a limit that its model would break without having changed.
ROOM = 0.005


@dataclass(frozen=True)
class Bound:
    """A limit in numbers: `value` of the metric, said by `words`; `holdout` is the rate there, None where none counts.

    `wrong` is the limit of what is wrong in the sense of the gate: 1 - `value` where the metric has to be high.
    """

    value: float
    wrong: float
    words: str
    holdout: float | None = None


def find_bound(limit: LiveLimit, holdout: Confusion) -> Bound:
    """Give the limit of a gate; UndefinedError where the holdout has no such rate, or any model is within it, or none.

    `holdout.fnr + t` is Clopper and Pearson's upper bound (1934) at .005 of the holdout's rate, plus t; of a rate that
    has to be high, their lower one.
    """
    atom = Metric(limit.metric)
    if not limit.holdout:
        return Bound(limit.margin, _wrong(limit, limit.margin), said(atom, limit.margin)[0])
    wrong, rows = (float(one) for one in count(limit, holdout))
    if not rows:
        of = TABLE[limit.metric].of
        raise UndefinedError(
            f"{title(atom)} is undefined on the champion's holdout: there are no {of}; write a number as its limit"
        )
    highest = float(limits.upper(np.array([wrong]), np.array([rows]), ROOM)[0])
    measured, edge = wrong / rows, highest
    if not limit.upper:
        measured, edge = 1 - measured, 1 - highest
    value = edge + limit.margin
    rate, end, whole = said(atom, measured, edge, value)
    most = "at most" if limit.upper else "at least"
    words = f"{whole} ({rate} on the holdout, {most} {end} by its {rows:,.0f} {TABLE[limit.metric].of}, {_sum(limit)})"
    if not 0 < value < 1:
        why = "which does not lie between 0% and 100%; choose a margin nearer to 0"
        raise UndefinedError(f"{title(atom)}: the limit is {words}, {why}")
    return Bound(value, _wrong(limit, value), words, measured)


def _sum(limit: LiveLimit) -> str:
    return points(limit.margin, Metric(limit.metric))


def _wrong(limit: LiveLimit, value: float) -> float:
    return value if limit.upper else 1 - value
