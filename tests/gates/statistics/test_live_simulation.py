"""How often live rows are misjudged, simulated: false alarms of unchanged models, promotions of models at the margin.

`python tests/gates/statistics/test_live_simulation.py` prints the shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_ci.gates.statistics import detector, disagreed, evalues, rates, split
from ml_ci.gates.statistics.rates import bet_on_rows, bet_on_windows

YEARS, DAYS, LIMIT, PER_ALARM = 2_000, 365, 0.1, 1_000
LOOKS, RUNS, PROVEN = 60, 2_000, -math.log(0.05)
Counts = NDArray[np.int64]


def _same(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.full((DAYS, YEARS), LIMIT)


def _alike(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw each day's own rate: two rows of one day correlate by .05."""
    sure = (1 - 0.05) / 0.05
    return rng.beta(sure * LIMIT, sure * (1 - LIMIT), (DAYS, YEARS))


STREAMS = {
    "rows independent, judged by rows": (_same, bet_on_rows),
    "rows independent, a window one observation": (_same, bet_on_windows),
    "ICC .05, a window one observation": (_alike, bet_on_windows),
}


def false_alarms(draw: Callable[[np.random.Generator], NDArray[np.float64]], bet: rates.Terms, size: int = 40) -> float:
    """Give the share of years with an alarm although the rate is the limit."""
    rng, line = np.random.default_rng(11), detector.alarm_line(PER_ALARM)
    wrong = rng.binomial(size, draw(rng))
    seen = np.full((DAYS, YEARS // 10), True)
    chunks = (detector.follow(bet(part, size, LIMIT), seen) for part in np.split(wrong, 10, axis=1))
    return float(np.mean([(log_m >= line).any(axis=0).mean() for log_m in chunks]))


def shadow(rows: int = 50) -> float:
    """Give the share of candidates at the margin .01 that are promoted at one of 60 looks, every row labelled."""
    b, c = _discordant(rows)
    n = np.broadcast_to(rows * np.arange(1, LOOKS + 1)[:, np.newaxis], b.shape)
    log_e = evalues.log_e_pass(b.ravel(), c.ravel(), n.ravel(), 0.01).reshape(b.shape)
    return _ever(log_e >= PROVEN)


def labelled_where_they_disagree(rows: int = 50) -> float:
    """Give the same where of the rows on which both agree four a look get a label, half of them of the class."""
    b, c = _discordant(rows)
    alike = 2 * rows * np.arange(1, LOOKS + 1)[:, np.newaxis] - b - c
    drawn = np.full(b.shape, 4).cumsum(axis=0)
    of_class = np.random.default_rng(3).binomial(4, 0.5, b.shape).cumsum(axis=0)
    n = b + c + _lower(of_class, drawn) * alike
    log_e = evalues.log_e_pass(b.ravel(), c.ravel(), n.ravel(), 0.01).reshape(b.shape)
    return _ever(log_e >= disagreed.line(0.05))


def _lower(of_class: Counts, drawn: Counts) -> NDArray[np.float64]:
    bounds = [
        disagreed.bound_rows(0, 1, int(s), int(x), 0.01, 0.05) for x, s in zip(of_class.flat, drawn.flat, strict=True)
    ]
    return np.array(bounds).reshape(drawn.shape)


def _discordant(rows: int) -> tuple[Counts, Counts]:
    drawn = np.random.default_rng(2).multinomial(rows, [0.015, 0.005, 0.98], (LOOKS, RUNS))
    return drawn[..., 0].cumsum(axis=0), drawn[..., 1].cumsum(axis=0)


def canary(shares: NDArray[np.float64], rate: NDArray[np.float64], margin: float, rows: int = 400) -> float:
    """Give the share of candidates at the margin that are promoted at one of 60 looks, by share and rate of each."""
    rng = np.random.default_rng(7)
    s, p = (np.broadcast_to(one[:, np.newaxis], (LOOKS, RUNS)) for one in (shares, rate))
    nc = rng.binomial(rows, s)
    kc, kb = rng.binomial(nc, p + margin), rng.binomial(rows - nc, p)
    sides = (kc.ravel(), nc.ravel()), (kb.ravel(), (rows - nc).ravel())
    bets = split.bets(*sides, s.ravel(), margin, 0.1).reshape(LOOKS, RUNS, -1)
    return _ever(rates.average(bets.cumsum(axis=0)) >= PROVEN)


def _ever(promoted: NDArray[np.bool_]) -> float:
    return float(promoted.any(axis=0).mean())


EVEN = np.full(LOOKS, 0.5)
TENTH = np.full(LOOKS, 0.1)
RATE = np.full(LOOKS, 0.1)
TRIALS = {
    "shadow": shadow,
    "shadow, labels where they disagree": labelled_where_they_disagree,
    "half of the rows": lambda: canary(EVEN, RATE, 0.02),
    "a tenth of the rows": lambda: canary(TENTH, RATE, 0.03),
    "a ramp while the rate falls": lambda: canary(np.linspace(0.05, 0.5, LOOKS), np.linspace(0.2, 0.05, LOOKS), 0.02),
}


@pytest.mark.slow
@pytest.mark.parametrize("stream", STREAMS)
def test_a_year_at_the_limit_alarms_as_seldom_as_promised(stream: str) -> None:
    """Ville: within 365 windows with a chance of at most 365 / 1,000."""
    assert false_alarms(*STREAMS[stream]) <= DAYS / PER_ALARM


@pytest.mark.slow
def test_rows_that_are_alike_would_alarm_as_rows() -> None:
    """Why a window is one observation unless somebody says that rows are independent."""
    assert false_alarms(_alike, bet_on_rows) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("trial", TRIALS)
def test_a_model_at_the_margin_is_seldom_promoted(trial: str) -> None:
    assert TRIALS[trial]() <= 0.05


if __name__ == "__main__":
    for name, stream in STREAMS.items():
        print(f"{false_alarms(*stream):7.1%} of years alarm at the limit: {name}")
    for name, trial in TRIALS.items():
        print(f"{trial():7.1%} of models at the margin promoted: {name}")
