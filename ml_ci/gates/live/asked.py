"""One gate as it is put to the windows: what is wrong of how many rows, the bet on it, and what followed."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ml_ci.frozen import dataclass
from ml_ci.gates.live.bound import Bound
from ml_ci.gates.live.series import UNLABELLED, Series, WeighedSeries, count
from ml_ci.gates.live.values import Evidence
from ml_ci.gates.statistics import detector, rates
from ml_ci.gates.statistics.values import Floats
from ml_ci.spec.live_gates import LiveLimit
from ml_ci.spec.values import GateSpec


@dataclass(frozen=True, eq=False)
class Asked:
    """A gate with its limit in numbers, and its rows by window: `wrong` of `rows`, in the sense of the gate.

    A window is one observation where rows are `dependent`; `weighed` has the rows where labels are weighted.
    """

    gate: GateSpec
    limit: LiveLimit
    bound: Bound
    wrong: Floats
    rows: Floats
    dependent: bool
    weighed: WeighedSeries | None = None

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """In which windows there were rows of the class."""
        there: npt.NDArray[np.bool_] = self.rows > 0
        return there

    @property
    def bet(self) -> rates.Terms:
        """The bet on windows, or on rows."""
        return rates.bet_on_windows if self.dependent else rates.bet_on_rows

    @cached_property
    def value(self) -> float | None:
        """The metric since the promotion; of weighted labels, as an estimate of all rows. None without rows."""
        wrong, rows = self._weigh()
        return self._turn(float(wrong.sum()), float(rows.sum())) if rows.sum() else None

    def rate(self, window: int) -> float:
        """Give the metric in one window with rows."""
        wrong, rows = self._weigh()
        return self._turn(float(wrong[window]), float(rows[window]))

    def _weigh(self) -> tuple[Floats, Floats]:
        """Give (wrong, rows) by window; of weighted labels as often as each stands for a row."""
        if self.weighed is None:
            return self.wrong, self.rows
        wrong, rows = (part / self.weighed.probability for part in count(self.limit, self.weighed.cells))
        return wrong.sum(axis=-1), rows.sum(axis=-1)

    def _turn(self, wrong: float, rows: float) -> float:
        return wrong / rows if self.limit.upper else 1 - wrong / rows

    def above(self, *, all_wrong: bool = False) -> Floats:
        """Give ln E against "it holds" by window and stake, of the rows as they are, or if all of them were wrong."""
        if self.weighed is None:
            return self.bet(self.rows if all_wrong else self.wrong, self.rows, self.bound.wrong)
        wrong, rows = count(self.limit, self.weighed.cells)
        wrong = rows if all_wrong else wrong
        return rates.bet_on_weighed(wrong, rows - wrong, self.weighed.probability, self.bound.wrong, self.weighed.least)

    def log_e_holds(self) -> float:
        """Give ln E against "it does not hold" since the promotion."""
        if self.weighed is None:
            return rates.log_e_below(self.wrong, self.rows, self.bound.wrong, self.bet)
        wrong, rows = count(self.limit, self.weighed.cells)
        least, chance = self.weighed.least, self.weighed.probability
        return float(
            rates.average(rates.bet_on_weighed(rows - wrong, wrong, chance, 1 - self.bound.wrong, least).sum(0))
        )


def ask(
    gate: GateSpec, limit: LiveLimit, bound: Bound, series: Series, weighed: WeighedSeries | None, *, dependent: bool
) -> Asked:
    """Put a gate to the windows; what needs no labels is asked of all rows, whatever weights labels have."""
    wrong, rows = series.count(limit)
    return Asked(gate, limit, bound, wrong, rows, dependent, None if limit.metric == UNLABELLED else weighed)


def follow(asked: list[Asked], *, all_wrong: bool = False) -> list[Floats]:
    """Give each gate's ln M after each window, of the rows as they are, or if all of them were wrong.

    Gates whose bets have as many stakes are followed at once.
    """
    found: dict[int, Floats] = {}
    for weighed in (False, True):
        places = [at for at, one in enumerate(asked) if (one.weighed is not None) is weighed]
        if places:
            terms = np.stack([asked[at].above(all_wrong=all_wrong) for at in places], axis=1)
            log_m = detector.follow(terms, np.stack([asked[at].seen for at in places], axis=1))
            found.update(zip(places, log_m.T, strict=True))
    return [found[at] for at in range(len(asked))]


def as_evidence(log_m: Floats) -> Evidence:
    """Give logarithms as a report can hold them: None where there is no number."""
    return tuple(float(one) if math.isfinite(one) else None for one in log_m)
