"""How far a column's distribution moved."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ml_ci.frozen import dataclass

MEASURE = "Jensen–Shannon"


@dataclass(frozen=True)
class ColumnDrift:
    """How far a column of a data entry moved since the baseline: Jensen-Shannon divergence in `bits`, 0 to 1.

    `noise` is what two samples of one distribution would show. `told` says that it is more than noise, `means` are of
    numbers, before and now.
    """

    part: str
    column: str
    bits: float
    noise: float
    told: bool
    means: tuple[float, float] | None = None


def jensen_shannon(old: Mapping[str, int], new: Mapping[str, int]) -> float | None:
    """Give the Jensen–Shannon divergence of two columns from their counts by value or bin, in bits.

    With p and q the shares and m = (p + q) / 2: ½ Σ p log2(p / m) + ½ Σ q log2(q / m). 0 when the shares are equal, 1
    when no value occurs in both; symmetric, and defined where a bin is empty, which the population stability index is
    not. None when one side has no rows. Source: J. Lin, IEEE Transactions on Information Theory 37(1), 1991.
    """
    was, now = sum(old.values()), sum(new.values())
    if not was or not now:
        return None
    total = 0.0
    for value in {*old, *new}:
        p, q = old.get(value, 0) / was, new.get(value, 0) / now
        middle = (p + q) / 2
        total += (_term(p, middle) + _term(q, middle)) / 2
    return min(1.0, max(0.0, total))


def noise(old: Mapping[str, int], new: Mapping[str, int]) -> float | None:
    """Give the divergence to be expected between two samples of one distribution, in bits.

    (k - 1)(1/n + 1/m) / (8 ln 2) for k bins, n and m rows. For small differences the divergence in nats is
    ⅛ Σ (p - q)² / m, which is Pearson's statistic times (1/n + 1/m) / 8, and that statistic is chi-square with k - 1
    degrees of freedom. None when one side has no rows.
    """
    was, now = sum(old.values()), sum(new.values())
    if not was or not now:
        return None
    return (len({*old, *new}) - 1) * (1 / was + 1 / now) / (8 * math.log(2))


def _term(share: float, middle: float) -> float:
    return share * math.log2(share / middle) if share else 0.0
