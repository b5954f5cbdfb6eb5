"""The rates of live windows: of labelled rows, each counted as often as it weighs where labels were sampled."""

from __future__ import annotations

from collections.abc import Iterable

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.values import Window
from ml_ci.spec.values import Cost


def count(window: Window) -> Confusion | Weighted:
    """Give what a window's rates are of: its labelled rows; with `weight:`, the rows that these stand for."""
    return weigh(window) if window.weighed else window.counts


def weigh(window: Window) -> Weighted:
    """Count each labelled row as often as rows like it were left without a label: by 1 / its probability of one."""
    sums = {(positive, wrong): 0.0 for positive in (True, False) for wrong in (True, False)}
    for one in window.weighed:
        sums[one.positive, True] += one.wrong / one.probability
        sums[one.positive, False] += one.right / one.probability
    return Weighted(tp=sums[True, False], fp=sums[False, True], tn=sums[False, False], fn=sums[True, True])


def add_up(windows: Iterable[Window]) -> Confusion | Weighted:
    """Count the labelled rows of several windows as one."""
    found = [count(window) for window in windows]
    if not any(isinstance(one, Weighted) for one in found):
        return sum((window for window in found if isinstance(window, Confusion)), Confusion())
    return Weighted(*(sum(float(getattr(one, name)) for one in found) for name in ("tp", "fp", "tn", "fn")))


def price(of: Confusion | Weighted, cost: Cost) -> float:
    """Give what the errors of labelled rows cost, in the currency of `cost:`."""
    return cost.fp * of.fp + cost.fn * of.fn
