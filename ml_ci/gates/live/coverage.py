"""Whether the rows that have a label stand for those that have none: their share, by what the model decided.

Where labels come for what was flagged only, a miss is never seen: a rate of misses of 40% reads 3%. The odds of a rate
are off by the ratio of both shares; where it is far from 1, and more than chance, nothing is said of the rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml_ci.conditions.tree import Metric
from ml_ci.gates.evidence import LEAST_ROWS
from ml_ci.gates.live.series import UNLABELLED, Series
from ml_ci.gates.statistics import limits
from ml_ci.gates.statistics.values import Floats
from ml_ci.gates.wording import said_share, title
from ml_ci.metrics import TABLE

# Two shares differ where their Clopper-Pearson bounds at .005 leave no share to both, and the ratio is not near 1.
_ALPHA = 0.005
_RATIO = 1.1
NO_LABEL = "none of the {rows} rows that are old enough has a label; look at what labels: and id: name"
_DECIDED = ("positive", "negative")
_OF_DECISION = ({"tp", "fp"}, {"tn", "fn"})


def decisions(metric: str) -> tuple[int, ...]:
    """Give the decisions whose labels a metric takes: 0 for positive, 1 for negative; none for what needs no labels."""
    if metric == UNLABELLED:
        return ()
    whole = set(TABLE[metric].whole)
    return tuple(side for side in (0, 1) if whole & _OF_DECISION[side])


def differ(labelled: Floats, due: Floats) -> npt.NDArray[np.bool_]:
    """Say whether two shares of rows with a label differ: (..., 2) labelled rows, and rows that are due."""
    flat_labelled, flat_due = labelled.reshape(-1), due.reshape(-1)
    low = limits.lower(flat_labelled, flat_due, _ALPHA).reshape(labelled.shape)
    high = limits.upper(flat_labelled, flat_due, _ALPHA).reshape(labelled.shape)
    share = np.divide(labelled, due, out=np.zeros_like(labelled), where=due > 0)
    apart = (low[..., 0] > high[..., 1]) | (low[..., 1] > high[..., 0])
    far = share.max(axis=-1) > _RATIO * share.min(axis=-1)
    found: npt.NDArray[np.bool_] = apart & far & (due > 0).all(axis=-1)
    return found


def find_silent(metric: str, series: Series, *, weighed: bool) -> npt.NDArray[np.bool_]:
    """Say after which windows (windows,) the labels so far say nothing of a metric, whatever its rate is."""
    asked = list(decisions(metric))
    due, labelled = series.due.cumsum(axis=0), series.labelled.cumsum(axis=0)
    none: npt.NDArray[np.bool_] = ((due[:, asked] >= LEAST_ROWS) & (labelled[:, asked] == 0)).any(axis=1)
    if weighed or len(asked) < 2:
        return none
    found: npt.NDArray[np.bool_] = none | differ(labelled, due)
    return found


def is_unknown(metric: str, series: Series, *, weighed: bool) -> bool:
    """Say whether labels came for one decision more than for the other: their rate is not that of all rows."""
    silent = find_silent(metric, series, weighed=weighed)
    return bool(len(silent) and silent[-1] and series.labelled.sum())


def explain(metric: str, series: Series, *, weighed: bool) -> str:
    """Say why the labels of all windows say nothing of a metric; "" where they do."""
    asked = list(decisions(metric))
    due, labelled = series.due.sum(axis=0), series.labelled.sum(axis=0)
    if not asked or not due[asked].sum():
        return ""
    if not labelled[asked].sum():
        rows = f"{int(due[asked].sum()):,}"
        return NO_LABEL.format(rows=rows)
    for side in asked:
        if not labelled[side] and due[side] >= LEAST_ROWS:
            return _prevented(metric, side, int(due[side]))
    if len(asked) == 2 and not weighed:
        for rows, of_them, since in ((due, labelled, ""), (series.due[-1], series.labelled[-1], " in the last window")):
            if differ(of_them, rows):
                return _differing(metric, of_them / rows, since)
    return _stopped(series, asked)


def _prevented(metric: str, side: int, rows: int) -> str:
    decided = _DECIDED[side]
    return (
        f"0% of the {rows:,} rows decided {decided} have a label. Where the decision prevents it (a declined loan is "
        f"never repaid), {title(Metric(metric))} cannot be known: decide a small random share otherwise, and say by "
        "weight: how many rows each of them stands for"
    )


def _differing(metric: str, share: Floats, since: str) -> str:
    positive, negative = (said_share(float(one)) for one in share)
    return (
        f"labels do not come alike{since}: {positive} of the rows decided positive have one and {negative} of those "
        f"decided negative, so that {title(Metric(metric))} of the labelled rows is not that of all; label a random "
        "share of the others, and say by weight: how many rows each of them stands for"
    )


def _stopped(series: Series, asked: list[int]) -> str:
    """Say since when no label came, of windows with rows; "" where the last of them has one."""
    there = np.flatnonzero(series.due[:, asked].sum(axis=1) > 0)
    silent = 0
    for at in there[::-1]:
        if series.labelled[at, asked].sum():
            break
        silent += 1
    if not silent:
        return ""
    windows = "the last window" if silent == 1 else f"the last {silent:,} windows"
    return f"no row of {windows} has a label, so that a change since then is not seen; look at what labels: names"
