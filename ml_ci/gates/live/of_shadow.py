"""Compare two models that both answered every row: pairing takes out of their difference what rows have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml_ci.evaluation.confusion import Confusion, PairedErrors
from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import LEAST_ROWS
from ml_ci.gates.live import coverage
from ml_ci.gates.live.asked import as_evidence
from ml_ci.gates.live.compared import Compared, Sense, find_sense
from ml_ci.gates.statistics import disagreed, evalues, power
from ml_ci.gates.statistics.values import Floats
from ml_ci.gates.wording import said_share
from ml_ci.live.values import ShadowWindow
from ml_ci.metrics import NEGATIVES, POSITIVES, TABLE
from ml_ci.spec.live_gates import LiveLimit
from ml_ci.spec.values import GateSpec

# More rows than these that one model alone answered are no accident, and may be the ones that it has wrong.
_MOST_ALONE = 0.01


@dataclass(frozen=True, eq=False)
class _Table:
    """What there is up to the end of each window, (windows,) each, of the class that a gate is about.

    `b` and `c` are labelled rows that the candidate alone, and the champion alone, has wrong in the sense of the gate;
    `both` those that both have wrong, `n` all labelled ones, `alike` those among them on which both decide alike. `due`
    and `labelled` are of rows on which they agree, and disagree, (windows, 2).
    """

    b: Floats
    c: Floats
    n: Floats
    alike: Floats
    both: Floats
    due: Floats
    labelled: Floats

    @property
    def partly(self) -> npt.NDArray[np.bool_]:
        """After which windows labels have come otherwise for rows on which the models disagree than for others."""
        return coverage.differ(self.labelled, self.due)


def compare(gate: GateSpec, limit: LiveLimit, windows: Sequence[ShadowWindow], alpha: float) -> Compared:
    """Compare both models by a gate; `alpha` is one-sided.

    Where labels come as often for rows on which the two disagree as for others, every labelled row counts. Otherwise
    labels were asked for where they disagree: what has none there counts against whatever is to be proven, and how many
    rows of the class there are is estimated from the labelled ones on which they agree (see `disagreed`).
    """
    sense = find_sense(limit)
    table = _make_table(windows, sense)
    candidate, champion = _sides(windows)
    for_it, against = _prove(table, sense, alpha)
    rows, needs = 0, None
    if windows:
        b, c, n = float(table.b[-1]), float(table.c[-1]), float(table.n[-1])
        rows = int(n)
        needs = None if table.partly[-1] or not rows else power.further_rows(b, c, n, sense.margin, alpha, "anytime")
    return Compared(
        gate,
        limit,
        candidate,
        champion,
        rows,
        as_evidence(for_it),
        as_evidence(against),
        needs,
        _explain(windows),
        _estimate(table, limit),
    )


def _make_table(windows: Sequence[ShadowWindow], sense: Sense) -> _Table:
    whole = set(TABLE[sense.metric].whole)
    rows = []
    for one in windows:
        pairs = [one.paired.negatives] * (whole >= set(NEGATIVES)) + [one.paired.positives] * (whole >= set(POSITIVES))
        own, other, both, neither = (sum(column) for column in zip(*map(_count, pairs), strict=True))
        rows.append((own, other, both, neither, *_covered(one)))
    cells = np.array(rows, dtype=np.float64).reshape(-1, 8).cumsum(axis=0).T
    own, other, both, neither = cells[:4]
    b, c, wrong = (own, other, both) if sense.errors else (other, own, neither)
    return _Table(b, c, cells[:4].sum(axis=0), both + neither, wrong, cells[4:6].T, cells[6:8].T)


def _count(pair: PairedErrors) -> tuple[int, int, int, int]:
    return pair.candidate_only, pair.baseline_only, pair.both, pair.neither


def _estimate(table: _Table, limit: LiveLimit) -> tuple[float, float] | None:
    """Estimate the metric of candidate and champion on all rows; None where labelled rows are a picture of them.

    Each labelled row stands for as many as there are of its kind, of those on which the models agree, or disagree.
    """
    if not len(table.n) or not table.partly[-1] or not table.labelled[-1].all():
        return None
    alike, apart = table.due[-1] / table.labelled[-1]
    whole = float(table.alike[-1] * alike + (table.b[-1] + table.c[-1]) * apart)
    if not whole:
        return None
    wrong = [float(table.both[-1] * alike + one[-1] * apart) / whole for one in (table.b, table.c)]
    own, other = wrong if limit.upper else [1 - one for one in wrong]
    return own, other


def _covered(one: ShadowWindow) -> tuple[int, int, int, int]:
    return one.agreed.due, one.disagreed.due, one.agreed.labelled, one.disagreed.labelled


def _prove(table: _Table, sense: Sense, alpha: float) -> tuple[Floats, Floats]:
    """Give ln E for the gate, and against it, after each window; proven at ln(1 / alpha)."""
    m = sense.margin
    for_it = evalues.log_e_pass(table.b, table.c, table.n, m)
    against = evalues.log_e_pass(table.c, table.b, table.n, -m)
    for at in np.flatnonzero(table.partly):
        for_it[at] = _prove_partly(table, int(at), m, alpha)
        against[at] = _prove_partly(table, int(at), -m, alpha, turned=True)
    return for_it, against


def _prove_partly(table: _Table, at: int, margin: float, alpha: float, *, turned: bool = False) -> float:
    """Prove by the rows on which the models disagree; what the estimate of the others costs is taken off ln E."""
    b, c = (int(one[at]) for one in ((table.c, table.b) if turned else (table.b, table.c)))
    drawn, unknown = int(table.labelled[at, 0]), int(table.due[at, 1] - table.labelled[at, 1])
    known = b + unknown + c
    rows = disagreed.bound_rows(known, int(table.due[at, 0]), drawn, int(table.alike[at]), margin, alpha)
    return disagreed.log_e_pass(b + unknown, c, rows, margin) + math.log(disagreed.SHARE)


def _sides(windows: Sequence[ShadowWindow]) -> tuple[Confusion, Confusion]:
    """Count what candidate and champion made of the labelled rows."""
    candidate, champion = Confusion(), Confusion()
    for one in windows:
        n, p = one.paired.negatives, one.paired.positives
        fp, fn = n.both + n.candidate_only, p.both + p.candidate_only
        candidate += Confusion(p.rows - fn, fp, n.rows - fp, fn)
        fp, fn = n.both + n.baseline_only, p.both + p.baseline_only
        champion += Confusion(p.rows - fn, fp, n.rows - fp, fn)
    return candidate, champion


def _explain(windows: Sequence[ShadowWindow]) -> str:
    """Say why the labels, or the answers, say nothing; "" where they do."""
    due = sum(one.rows for one in windows)
    alone = [sum(one.alone[side] for one in windows) for side in (0, 1)]
    if sum(alone) > _MOST_ALONE * (due + sum(alone)):
        return (
            f"{alone[1]:,} rows were answered by the champion alone and {alone[0]:,} by the candidate alone, beside "
            f"{due:,} by both: let both answer every row"
        )
    labelled = sum(one.agreed.labelled + one.disagreed.labelled for one in windows)
    if due and not labelled:
        return coverage.NO_LABEL.format(rows=f"{due:,}")
    negative = sum(one.paired.negatives.neither + one.paired.positives.both for one in windows)
    agreed = sum(one.agreed.labelled for one in windows)
    if agreed >= LEAST_ROWS and not negative:
        return (
            f"no row that both models decide negative has a label, and {agreed:,} that both decide positive have one: "
            "how many rows of a class there are cannot be known; label a random share of both"
        )
    return _say_missing(windows)


def _say_missing(windows: Sequence[ShadowWindow]) -> str:
    """Say that a sample of the rows on which both agree is missing; "" where there is one."""
    due, labelled = (sum(getattr(one.agreed, name) for one in windows) for name in ("due", "labelled"))
    apart = sum(one.disagreed.labelled for one in windows)
    if labelled or not due or not apart:
        return ""
    share = said_share(apart / sum(one.disagreed.due for one in windows))
    return (
        f"of the rows on which the models disagree {share} have a label, and none on which they agree: label some of "
        "these too, drawn over the whole time (--to-label)"
    )
