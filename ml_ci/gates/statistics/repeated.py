"""Widen what the rows prove by what the repetitions of one model differ by.

What is judged is a mean over rows and over repetitions, y_ir = m + row_i + repetition_r + noise_ir. Its error has two
parts that are independent of each other. The rows' is in the evidence already, where the answers for one row are one
cluster. The repetitions' is s / sqrt(k), s being the standard deviation of the k repetitions' own values (crossed
random effects: Searle, Casella and McCulloch, Variance Components, 1992, 5; the noise of single answers is in both
parts, which errs on the safe side by noise^2 / (n k)). Two such parts are put together by the squares of their reaches,
each at its own quantile (MOVER: Zou and Donner, Statistics in Medicine 27, 2008):

    high = mean + sqrt((high of the rows - mean)^2 + (t_{k-1, alpha} s / sqrt(k))^2), and low likewise.

This is never narrower than Cochran and Cox's bound (1957), which weighs the two quantiles by the variances and is
known to keep the level.

A rate that is held against a limit L varies from repetition to repetition the more, the nearer it is to one half: what
moves its logit by d moves it by d m (1 - m). Student's bound would take the small s of a mean that is low by chance. So
s is taken as it would be at the limit, as score tests take the rows': times L (1 - L) / (m (1 - m)), where that is more
than 1. Without it 14% to 30% of rates that are the limit pass at a nominal 5%, where few repetitions differ a lot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import ndtri, stdtrit

from ml_ci.gates.statistics.values import Evidence, undecided

_HALVINGS = 60
_STEPS = 200
# So many repetitions are tried out to say how many would decide it.
_MOST_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Repeated:
    """The values of a question in each repetition, `mean` being that of all answers, and the `limit` beside it.

    `shift` turns a value into what the bounds of the evidence are of. `rate` says that it is a share of rows.
    """

    values: Sequence[float]
    mean: float
    limit: float
    upper: bool
    shift: float = 0.0
    rate: bool = False

    @property
    def error(self) -> float:
        """The standard error of the mean by the repetitions alone; NaN where one of them is undefined."""
        number = len(self.values)
        center = math.fsum(self.values) / number
        return math.sqrt(math.fsum((one - center) ** 2 for one in self.values) / (number - 1) / number)

    @property
    def room(self) -> float:
        """How far the mean lies within the limit; negative beyond it."""
        return self.limit - self.mean if self.upper else self.mean - self.limit

    def stretch(self, at: float) -> float:
        """Say how many times as much repetitions differ where the rate is `at`; 1 for what is no rate."""
        own, there = self.mean * (1 - self.mean), at * (1 - at)
        return max(there / own, 1.0) if self.rate and own > 0 else 1.0


def widen(found: Evidence, of: Repeated, alpha: float) -> Evidence:
    """Widen evidence of clustered rows for the spread between repetitions; one without a spread leaves it as it is.

    Inconclusive with a reason where a repetition leaves the value undefined.
    """
    error = of.error
    if not math.isfinite(error) or not math.isfinite(of.mean):
        return undecided(found.method, "it is undefined for at least one repetition")
    if error == 0.0:
        return found
    degrees = len(of.values) - 1
    reach = -float(stdtrit(degrees, alpha)) * error
    low = None if found.low is None else _bound(found.low, of, reach, -1.0)
    high = None if found.high is None else _bound(found.high, of, reach, 1.0)
    error_there = error * of.stretch(of.limit)
    p_pass = _add(found.p_pass, of.room, error_there, degrees)
    p_fail = _add(found.p_fail, -of.room, error_there, degrees)
    held, broken = _beyond(low, high, of)
    outcome = found.outcome
    if (outcome == "pass" and not (held and p_pass <= alpha)) or (
        outcome == "fail" and not (broken and p_fail <= alpha)
    ):
        outcome = "inconclusive"
    helps = reach * of.stretch(of.limit) < abs(of.room)  # rows do not help against what repetitions differ by
    needs = found.needs if helps else None
    return replace(found, outcome=outcome, low=low, high=high, p_pass=p_pass, p_fail=p_fail, needs=needs)


def more(found: Evidence, of: Repeated, alpha: float) -> int | None:
    """Give how many repetitions would decide it, were they as those that are there; None where no number does.

    `found` is what the rows prove by themselves.
    """
    bound = found.high if of.upper is (of.room > 0) else found.low
    error, number = of.error, len(of.values)
    if found.outcome == "inconclusive" or bound is None or not error > 0:
        return None
    spread, own = error * math.sqrt(number) * of.stretch(of.limit), abs(bound - of.mean - of.shift)
    for wanted in range(number + 1, _MOST_REPEATS + 1):
        reach = -float(stdtrit(wanted - 1, alpha)) * spread / math.sqrt(wanted)
        if math.hypot(own, reach) < abs(of.room):
            return wanted
    return None


def _bound(of_rows: float, of: Repeated, reach: float, sign: float) -> float:
    """Give the value that is furthest from the mean, up or down by the `sign`, and not shut out by both reaches."""
    center = of.mean + of.shift
    own = max(sign * (of_rows - center), 0.0)
    if not of.rate:
        return center + sign * math.hypot(own, reach)
    end = 1.0 if sign > 0 else 0.0

    def is_open(value: float) -> bool:
        return sign * (value - of.mean) < math.hypot(own, reach * of.stretch(value))

    steps = (of.mean + (end - of.mean) * step / _STEPS for step in range(_STEPS, -1, -1))
    inside = next((value for value in steps if is_open(value)), of.mean)
    outside = min(max(inside + (end - of.mean) / _STEPS, 0.0), 1.0)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_open(middle) else (inside, middle)
    return inside


def _beyond(low: float | None, high: float | None, of: Repeated) -> tuple[bool, bool]:
    """Say whether the bounds are within the limit, and whether they are beyond it; so is one that is not known."""
    limit = of.limit + of.shift
    within = high is None or high <= limit
    above = low is None or low >= limit
    if of.upper:
        return within, above
    return above, within


def _add(p_value: float, room: float, error: float, degrees: int) -> float:
    """Give the p-value of the rows with the repetitions' error added: where both reaches together are the room.

    What is undecided by its rows alone is so all the more.
    """
    if room <= 0 or not p_value < 0.5:
        return max(p_value, 0.5)
    of_rows = 0.0 if p_value <= 0 else room / -float(ndtri(p_value))
    low, high = math.log(max(p_value, 1e-300)), math.log(0.5)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = math.exp(middle)
        reach = math.hypot(float(ndtri(tried)) * of_rows, float(stdtrit(degrees, tried)) * error)
        low, high = (middle, high) if reach > room else (low, middle)
    return math.exp(high)
