"""Plan a holdout of clusters: the fewest that could prove a gate, and those of a planned power."""

from __future__ import annotations

import math
from dataclasses import replace

from ml_ci.gates.statistics.design_effect import Effect, growth
from ml_ci.gates.statistics.limits import MOST_ROWS

# How alike rows of one cluster err where no comparison tells: an assumption, and to be told as one.
USUAL_CORRELATION = 0.2


def in_rows(effect: Effect) -> Effect:
    """Give an effect with weights in units of the mean weight, so that as many rows weigh as there are."""
    if not effect.total > 0:
        return effect
    unit = effect.rows / effect.total
    return replace(
        effect,
        total=float(effect.rows),
        size=effect.size * unit,
        num=effect.num * unit * unit,
        base=effect.base * unit,
    )


def correlation(effect: Effect) -> float | None:
    """Give how alike the rows of a cluster were scored, in [0, 1]; None where nothing was seen that tells."""
    seen = in_rows(effect)
    if effect.alone or not seen.size > 1 or not seen.base > 0:
        return None
    return min(max((seen.num / seen.base - 1) / (seen.size - 1), 0.0), 1.0)


def planned(effect: Effect, variance: float, alike: float, wanted: float) -> tuple[int, int]:
    """Give (clusters, rows) that count as `wanted` independent rows, for clusters such as those of `effect`.

    `variance` is a row's, psi of a paired difference with this discordance and p (1 - p) of a rate p, `alike` the
    correlation of two rows of a cluster, in [0, 1].
    """
    seen = in_rows(effect)
    base = seen.rows * variance
    expected = replace(seen, base=base, num=base * (1 + (seen.size - 1) * alike))
    times = growth(expected, wanted)
    return _whole(seen.clusters * times), _whole(seen.rows * times)


def least_clusters(effect: Effect, rows: float) -> int:
    """Give the fewest clusters, such as those of `effect`, that count as so many rows of which none errs."""
    if effect.alone or not effect.total > 0:
        return _whole(rows)
    return _whole(rows * effect.size * effect.clusters / effect.total)


def without_errors(effect: Effect) -> float:
    """Give the independent rows that these count as while none errs: T / m; the rows where each stands alone."""
    if effect.alone or not effect.total > 0:
        return float(effect.rows)
    return min(effect.total / effect.size, float(effect.rows))


def _whole(number: float) -> int:
    return max(1, math.ceil(min(number, MOST_ROWS) - 1e-9))
