"""Watch a rate window by window, for years: alarm soon after it rises above its limit, and seldom before.

Evidence that is kept since the promotion misses a model that turns bad late: what it was in good times weighs against
it. The detector begins anew at every window (Shin, Ramdas and Rinaldo, "E-detectors", 2023): for each alternative
M_t = (1 + M_{t-1}) E_t, and M is their average. Where the rate is within its limit, M - t is a supermartingale, so
that an alarm at M >= A comes, on average, after at least A windows; within t windows it comes with a chance of at most
t / A. The counts of the windows are its whole state.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics.rates import LOG_ODDS, STAKES, average
from ml_ci.gates.statistics.values import Floats


def follow(terms: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
    """Give ln M after each window, (windows, ...), from ln E by alternative, (windows, ..., alternatives).

    `seen` (windows, ...) says in which windows there were rows of the class: the others are passed over. -inf before
    the first row.
    """
    state = np.full(terms.shape[1:], -np.inf)
    after = np.empty(terms.shape)
    for window, (gained, there) in enumerate(zip(terms, np.expand_dims(seen, -1), strict=True)):
        moved = np.logaddexp(0.0, state) + gained
        state = moved if there.all() else np.where(there, moved, state)
        after[window] = state
    return average(after)


def find_alarm(log_m: Floats, line: float) -> int | None:
    """Give the first window, from 0 on, in which ln M (windows,) reaches `line`; None where none does."""
    reached = np.flatnonzero(log_m >= line)
    return int(reached[0]) if len(reached) else None


def alarm_line(windows: float, tests: int = 1) -> float:
    """Give ln(A K): the line of each of K tests that together alarm falsely once in A `windows`; ValueError below 1."""
    if not windows >= 1.0 or not math.isfinite(windows) or tests < 1:
        raise ValueError("there is at least one window to a false alarm, and at least one test")
    return math.log(windows * tests)


def windows_to_alarm(rate: float, limit: float, line: float) -> float | None:
    """Estimate the windows from a rise to `rate` to the alarm, each one observation; None where it is within `limit`.

    1.5 + ln A / ln(1 + .95 (x / L - 1)): the largest stake grows by so much in a window, and the average over stakes
    and the beginning cost it one or two.
    """
    if not rate > limit > 0.0:
        return None
    return 1.5 + line / math.log1p(float(STAKES[-1]) * (min(rate, 1.0) / limit - 1.0))


def rows_to_alarm(rate: float, limit: float, line: float) -> float | None:
    """Estimate the rows of the class from a rise to `rate` to the alarm, where rows are independent.

    ln(12 A) / KL(x, L), the divergence of the two rates; None where `rate` is within `limit`.
    """
    if not 1.0 > limit > 0.0 or not rate > limit:
        return None
    x = min(rate, 1.0)
    apart = x * math.log(x / limit) + (0.0 if x == 1.0 else (1 - x) * math.log((1 - x) / (1 - limit)))
    return (line + math.log(len(LOG_ODDS))) / apart
