"""Which columns left the distribution that they had on the holdout: told beside an alarm, and never one.

A column may drift while the model stays as good, and the other way round. Each bin's share is watched as a rate is
(see `detector`), against bounds of the holdout's share and room of `drift` on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ml_ci.gates.live.asked import as_evidence
from ml_ci.gates.live.values import Evidence
from ml_ci.gates.statistics import detector, limits, rates
from ml_ci.gates.statistics.values import Floats
from ml_ci.live.values import Reference, Window
from ml_ci.spec.values import LiveSpec

# The share that the model calls positive, as a column among the others.
POSITIVE = "called positive"
# One-sided, over all bins of a column: what the holdout's own shares may be off by.
ALPHA = 0.01


def follow(
    windows: Sequence[Window], reference: Reference, live: LiveSpec
) -> tuple[dict[str, Evidence], dict[str, int], float | None]:
    """Give ln M by column after each window, the columns that left with the first such window, and the line.

    M of a column is the mean over its bins, above CPupper(x_b, m, alpha / 2B) + t and below CPlower(x_b, m, alpha / 2B)
    - t; those outside (0, 1) are left out. A column left where M >= A times the number of columns.
    """
    tests = {}
    for name, (counts, known) in _columns(windows, reference).items():
        found = _tests(counts, known, live.drift)
        if found is not None:
            tests[name] = found
    if not tests or not windows:
        return {}, {}, None
    line = detector.alarm_line(live.windows_per_alarm, len(tests))
    evidence = _follow(tests, live)
    left = {name: detector.find_alarm(log_m, line) for name, log_m in evidence.items()}
    drifted = {name: at for name, at in left.items() if at is not None}
    return {name: as_evidence(log_m) for name, log_m in evidence.items()}, drifted, line


def _columns(windows: Sequence[Window], reference: Reference) -> Mapping[str, tuple[Floats, Floats]]:
    """Give the rows by window and bin, (windows, bins), and the reference's, (bins,), of each column."""
    called = np.array([(one.positive, one.rows - one.positive) for one in windows], dtype=np.float64).reshape(-1, 2)
    holdout = reference.holdout
    flagged = holdout.tp + holdout.fp
    found = {POSITIVE: (called, np.array([flagged, holdout.rows - flagged], dtype=np.float64))}
    for name, bins in reference.columns.items():
        none = (0,) * len(bins.counts)
        counts = [one.columns.get(name, none) for one in windows]
        if all(len(one) == len(bins.counts) for one in counts):
            table = np.array(counts, dtype=np.float64).reshape(len(windows), -1)
            found[name] = table, np.array(bins.counts, dtype=np.float64)
    return found


def _tests(counts: Floats, known: Floats, room: float) -> tuple[Floats, Floats, Floats] | None:
    """Give what is above which limit in each window: counts and rows (windows, tests), limits (tests,); None for none.

    Counts below 0, which cannot be, say nothing.
    """
    whole = known.sum()
    if not whole > 0 or min(known.min(), counts.min(initial=0)) < 0:
        return None
    alpha = ALPHA / (2 * len(known))
    rows = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
    high = limits.upper(known, whole, alpha) + room
    low = limits.lower(known, whole, alpha) - room
    above, below = (high > 0) & (high < 1), (low > 0) & (low < 1)
    if not (above.any() or below.any()):
        return None
    wrong = np.concatenate([counts[:, above], (rows - counts)[:, below]], axis=1)
    return wrong, np.broadcast_to(rows[:, :1], wrong.shape), np.concatenate([high[above], 1 - low[below]])


def _follow(tests: Mapping[str, tuple[Floats, Floats, Floats]], live: LiveSpec) -> dict[str, Floats]:
    """Follow the tests of all columns at once, and average those of each column."""
    wrong, rows = (np.concatenate([one[at] for one in tests.values()], axis=1) for at in (0, 1))
    bounds = np.concatenate([one[2] for one in tests.values()])
    bet = rates.bet_on_windows if live.dependent else rates.bet_on_rows
    log_m = detector.follow(bet(wrong, rows, bounds), rows > 0)
    ends = np.cumsum([len(one[2]) for one in tests.values()])[:-1]
    return {name: rates.average(part) for name, part in zip(tests, np.split(log_m, ends, axis=1), strict=True)}
