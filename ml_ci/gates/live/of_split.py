"""Compare two models of which each answered its own share of the rows: a canary, or an A/B test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.evidence import LEAST_ROWS
from ml_ci.gates.live import coverage
from ml_ci.gates.live.asked import as_evidence
from ml_ci.gates.live.compared import Compared, Sense, find_sense
from ml_ci.gates.live.values import Evidence
from ml_ci.gates.metrics import share
from ml_ci.gates.statistics import rates, ratio, split
from ml_ci.gates.statistics.roots import roots
from ml_ci.gates.statistics.values import NEEDS_CAP, Floats, whole_rows
from ml_ci.gates.wording import said_share
from ml_ci.live.values import Coverage, SplitWindow
from ml_ci.metrics import TABLE
from ml_ci.spec.live_gates import LiveLimit
from ml_ci.spec.values import GateSpec


def compare(
    gate: GateSpec, limit: LiveLimit, windows: Sequence[SplitWindow], alpha: float, holdout: Confusion
) -> Compared:
    """Compare both models by a gate; `alpha` is one-sided, `holdout` gives the rate that was known before."""
    sense = find_sense(limit)
    own, other = _columns([one.candidate for one in windows], sense), _columns([one.champion for one in windows], sense)
    shares = np.array([one.share for one in windows], dtype=np.float64)
    known = _known(holdout, sense)
    bets = split.bets(own, other, shares, sense.margin, known)
    turned = split.bets(other, own, 1 - shares, -sense.margin, known)
    candidate = sum((one.candidate for one in windows), Confusion())
    champion = sum((one.champion for one in windows), Confusion())
    rows = int(own[1].sum() + other[1].sum())
    return Compared(
        gate,
        limit,
        candidate,
        champion,
        rows,
        as_evidence(rates.average(bets.cumsum(axis=0))),
        as_evidence(rates.average(turned.cumsum(axis=0))),
        _estimate_needs(bets.sum(axis=0), rows, -float(np.log(alpha))),
        _explain(windows, limit, candidate + champion),
    )


def follow_ratio(windows: Sequence[SplitWindow]) -> Evidence:
    """Give ln E against the assignment after each window, of all rows, labelled or not."""
    return as_evidence(np.array(ratio.follow((one.assigned[0], sum(one.assigned), one.share) for one in windows)))


def explain_ratio(windows: Sequence[SplitWindow]) -> str:
    """Say that rows were assigned with another share than they were to be; "" where that may be chance.

    What was seen once stays: mending the assignment does not mend the rows that it spoilt.
    """
    found = follow_ratio(windows)
    if not any(one is not None and one >= np.log(ratio.BROKEN) for one in found):
        return ""
    candidate = sum(one.assigned[0] for one in windows)
    whole = sum(sum(one.assigned) for one in windows)
    wanted = sum(one.share * sum(one.assigned) for one in windows)
    return (
        f"The assignment is broken: {candidate:,} of {whole:,} rows went to the candidate, about {wanted:,.0f} had to. "
        "Nothing that is measured on them compares the models; look at what assigns them, and begin the stage anew"
    )


def _columns(counts: Sequence[Confusion], sense: Sense) -> tuple[Floats, Floats]:
    """Give (wrong, rows) by window, in the sense of a gate."""
    table = np.array([_count(one, sense) for one in counts], dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _count(counts: Confusion, sense: Sense) -> tuple[int, int]:
    part, whole = share(counts, sense.metric)
    wrong = part if _counts_errors(sense.metric) == sense.errors else whole - part
    return wrong, whole


def _counts_errors(metric: str) -> bool:
    return TABLE[metric].part[0] in ("fp", "fn")


def _known(holdout: Confusion, sense: Sense) -> float:
    """Give the holdout's rate; 0 of a class that it lacks: any rate that was fixed before is right."""
    wrong, rows = _count(holdout, sense)
    return wrong / rows if rows else 0.0


def _estimate_needs(terms: Floats, rows: int, line: float) -> int | None:
    """Estimate how many more rows, alike, reach `line`; None where more are not expected to."""
    if not rows or not terms.max() > 0:
        return None

    def missing(times: Floats) -> Floats:
        return np.array([line - float(rates.average(terms * float(one))) for one in times])

    low, high = np.array([0.0]), np.array([1.0])
    while missing(high)[0] > 0 and high[0] * rows < 2 * NEEDS_CAP:
        low, high = high, 2 * high
    return whole_rows(float(roots(missing, low, high, tolerance=1e-6)[0]) * rows - rows)


def _explain(windows: Sequence[SplitWindow], limit: LiveLimit, counts: Confusion) -> str:
    """Say why the labels say nothing of both models; "" where they do."""
    covered = [sum((one.covered[side] for one in windows), Coverage()) for side in (0, 1)]
    due = sum(one.due for one in covered)
    if due and not counts.rows:
        return coverage.NO_LABEL.format(rows=f"{due:,}")
    columns = np.array([[one.labelled for one in covered], [one.due for one in covered]], dtype=np.float64)
    if coverage.differ(columns[0], columns[1]):
        own, other = (said_share(one.share or 0.0) for one in covered)
        return (
            f"labels do not come alike: {own} of the candidate's rows have one and {other} of the champion's, so that "
            "they compare no models; wait for all, or label a random share of each"
        )
    sides = coverage.decisions(limit.metric)
    decided = (counts.tp + counts.fp, counts.tn + counts.fn)
    if len(sides) == 2 and counts.rows >= LEAST_ROWS and not all(decided):
        which = "positive" if decided[0] else "negative"
        return f"only rows decided {which} have a label, so that a rate of both models says nothing; label others too"
    return ""
