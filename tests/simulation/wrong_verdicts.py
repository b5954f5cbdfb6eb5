"""How often the gates are wrong: by exact enumeration and by simulation, over the real functions.

    python tests/simulation/wrong_verdicts.py --replicates 100000

prints, for every number of rows and true difference of the reference's table, the shares of pass, fail and
inconclusive of three ways to judge "the candidate is at most one point worse".
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlogy

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from ml_ci.gates.statistics import paired

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
# From b, c (arrays) and n to -1 (fail), 0 (inconclusive), +1 (pass).
Judge: TypeAlias = Callable[[Ints, Ints, int], Ints]

MARGIN, DISCORDANCE, ALPHA = 0.01, 0.02, 0.05
ROWS = (500, 2000, 10_000)
DIFFERENCES = (0.0, 0.015)
NEGLIGIBLE = 1e-10


class Rates(NamedTuple):
    """Shares of the three outcomes."""

    passed: float
    failed: float
    inconclusive: float


def by_numbers(b: Ints, c: Ints, n: int) -> Ints:
    """Judge by the measured numbers alone, as other tools do."""
    return np.where((b - c) / n <= MARGIN, 1, -1)


def by_evidence(b: Ints, c: Ints, n: int, method: str = "score") -> Ints:
    """Judge by the gate's own function."""
    signs = {"pass": 1, "fail": -1, "inconclusive": 0}
    found = paired.differences_at_most(b, c, n, MARGIN, ALPHA, method)
    return np.array([signs[one.outcome] for one in found])


def by_p_values(b: Ints, c: Ints, n: int, method: paired.Method = "score") -> Ints:
    """Judge by the gate's own p-values, without bounds and further rows: the same outcomes in less time."""
    counts = (np.asarray(column, dtype=np.float64) for column in (b, c, np.full(len(b), n), np.full(len(b), MARGIN)))
    p_pass, p_fail = paired.p_values(method, *counts)
    return np.where(p_pass <= ALPHA, 1, np.where(p_fail <= ALPHA, -1, 0))


def by_hoeffding(b: Ints, c: Ints, n: int) -> Ints:
    """Judge as ease.ml/ci does: a row's difference lies in [-1, 1], and both sides share alpha."""
    reach = math.sqrt(2 * math.log(2 / ALPHA) / n)
    difference = (b - c) / n
    return np.where(difference + reach <= MARGIN, 1, np.where(difference - reach > MARGIN, -1, 0))


JUDGES: dict[str, Judge] = {"measured numbers": by_numbers, "Tango": by_evidence, "Hoeffding": by_hoeffding}


def enumerated(judge: Judge, n: int, difference: float, discordance: float = DISCORDANCE) -> Rates:
    """Add up the exact probability of every possible (b, c) but those that are negligible together."""
    most = min(n, math.ceil(n * discordance + 9 * math.sqrt(n * discordance) + 20))
    b, c = (axis.ravel() for axis in np.meshgrid(np.arange(most + 1), np.arange(most + 1)))
    b, c = b[b + c <= n], c[b + c <= n]
    chance = np.exp(_log_chance(b, c, n, (discordance + difference) / 2, (discordance - difference) / 2))
    kept = chance > NEGLIGIBLE * chance.max()
    return _rates(judge(b[kept], c[kept], n), chance[kept])


def simulated(
    judge: Judge, n: int, difference: float, replicates: int, seed: int = 0, discordance: float = DISCORDANCE
) -> Rates:
    """Draw holdouts of a known truth and judge each; equal counts are judged once."""
    more, less = (discordance + difference) / 2, (discordance - difference) / 2
    drawn = np.random.default_rng(seed).multinomial(n, [more, less, 1 - discordance], replicates)
    distinct, times = np.unique(drawn[:, :2], axis=0, return_counts=True)
    return _rates(judge(distinct[:, 0], distinct[:, 1], n), times.astype(np.float64))


def looks(judge: Judge, rows: Sequence[int], replicates: int, seed: int = 0) -> float:
    """Give the share of candidates, worse by exactly the margin, that pass at any of the looks at growing rows."""
    rng = np.random.default_rng(seed)
    shares = [(DISCORDANCE + MARGIN) / 2, (DISCORDANCE - MARGIN) / 2, 1 - DISCORDANCE]
    counts, ever = np.zeros((replicates, 2), dtype=np.int64), np.zeros(replicates, dtype=bool)
    for before, n in zip((0, *rows), rows, strict=False):
        counts += rng.multinomial(n - before, shares, replicates)[:, :2]
        distinct, which = np.unique(counts, axis=0, return_inverse=True)
        ever |= (judge(distinct[:, 0], distinct[:, 1], n) == 1)[which.ravel()]
    return float(ever.mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--replicates", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    print(f"margin {MARGIN:.1%}, discordance {DISCORDANCE:.1%}, alpha {ALPHA}, {options.replicates:,} replicates")
    print("    rows  method            true difference   pass / fail / inconclusive: exact         simulated")
    for n in ROWS:
        for name, judge in JUDGES.items():
            for difference in DIFFERENCES:
                exact = enumerated(judge, n, difference)
                drawn = simulated(judge, n, difference, options.replicates, options.seed)
                print(f"{n:8,}  {name:17} {difference:15.1%}   {_text(exact):>38}  {_text(drawn):>28}")


def _log_chance(b: Ints, c: Ints, n: int, more: float, less: float) -> Floats:
    ways = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
    chance: Floats = ways + xlogy(b, more) + xlogy(c, less) + xlogy(n - b - c, 1 - more - less)
    return chance


def _rates(signs: Ints, weights: Floats) -> Rates:
    return Rates(*(float(weights[signs == sign].sum() / weights.sum()) for sign in (1, -1, 0)))


def _text(rates: Rates) -> str:
    return " / ".join(f"{100 * rate:.2f}" for rate in rates)


if __name__ == "__main__":
    main()
