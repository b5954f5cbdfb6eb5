"""How one metric went from the baseline to the candidate: both values, their difference and its direction agree."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.gates.metrics import is_proportion
from ml_ci.reports.metrics import arrow, decimals, difference, said, unit
from ml_ci.reports.numbers import defined, digits_for

_MOST_DIGITS = 6


@dataclass(frozen=True)
class Move:
    """Both values in words, the difference with its sign ("" without one), and `▲ worse`, `≈`, `=` as in `arrow`."""

    said: tuple[str, str]
    change: str
    arrow: str


def moved(metric: str, before: float | None, after: float | None, currency: str = "", told: bool | None = None) -> Move:
    """Say a move with as many digits as it takes: the difference is that of the two numbers that are shown.

    A rate of counted rows is told apart however little it moved. Of other metrics, what moved by less than is shown
    did not move: "=". `told` as in `arrow`.
    """
    old, new, digits = defined(before), defined(after), decimals(metric)
    if old is None or new is None or digits is None or old == new:
        was, now = said(metric, [old, new], currency)
        change = difference(metric, new - old, currency) if old is not None and new is not None and old != new else ""
        return Move((was, now), change, arrow(metric, old, new, told))
    scale = 100 if unit(metric) == "%" else 1
    if abs(new - old) * scale < 0.5 * 10**-digits and not is_proportion(metric):
        now = said(metric, [new], currency)[0]
        return Move((now, now), "", "=")
    digits = _enough(old * scale, new * scale, _least(old * scale, new * scale, digits, percent=scale == 100))
    was, now = said(metric, [old, new], currency, digits)
    shown = round(round(new * scale, digits) - round(old * scale, digits), digits) / scale
    if not shown:
        return Move((now, now), "", "=")
    return Move((was, now), difference(metric, shown, currency, digits), arrow(metric, old, new, told))


def _least(old: float, new: float, digits: int, *, percent: bool) -> int:
    """Give the decimals with which neither number looks like 0, or a rate like all: both are said with as many."""
    ends = (0.0, 100.0) if percent else (0.0,)
    return max(digits_for((value, *ends), digits) for value in (old, new))


def _enough(old: float, new: float, digits: int) -> int:
    """Find the fewest decimals at which the difference of the rounded numbers is not 0, and nearly the true one.

    Off by one in the last digit is near enough for a difference of ten or more.
    """
    for more in range(digits, _MOST_DIGITS):
        shown = round(round(new, more) - round(old, more), more)
        if shown and (shown == round(new - old, more) or abs(new - old) >= 10 * 10**-more):
            return more
    return _MOST_DIGITS
