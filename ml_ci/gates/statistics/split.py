"""Test the difference of two models that answer different rows: a canary, or an A/B test.

Each row goes to the candidate with the share s. The bet is on z = (x - q) (1[candidate] / s - 1[champion] / (1 - s)),
x being 1 for an error: its mean is the difference of the two rates, whatever the rows have in common that came to
both. q, a rate that was known before, makes it vary less. E = mean_j prod (1 - l_j (z - m)) (Waudby-Smith and Ramdas
2024), valid at any time. Windows have shares of their own (a ramp): their bets are added up per stake, since counts
that are pooled over shares promote a model at the margin always when the rate falls while the share rises.
"""

from __future__ import annotations

import numpy as np

from ml_ci.gates.statistics.rates import WEIGHED_STAKES, average
from ml_ci.gates.statistics.values import Floats, Numbers


def log_e_pass(
    candidate: tuple[Numbers, Numbers],
    champion: tuple[Numbers, Numbers],
    share: Numbers,
    margin: float,
    known: float,
) -> float:
    """Give ln E against "candidate's rate - champion's is above `margin`"; proven at ln(1 / alpha).

    `candidate` and `champion` are (errors, rows) by window, (windows,) each, `share` the candidate's share of the rows
    by window, `known` a rate that was fixed before. ValueError unless each share is inside (0, 1), the margin inside
    (-1, 1) and `known` in [0, 1].
    """
    return float(average(bets(candidate, champion, share, margin, known).sum(axis=0)))


def log_e_fail(
    candidate: tuple[Numbers, Numbers],
    champion: tuple[Numbers, Numbers],
    share: Numbers,
    margin: float,
    known: float,
) -> float:
    """Give ln E against "the difference is at most `margin`": `log_e_pass` with the two models swapped."""
    return log_e_pass(champion, candidate, np.subtract(1.0, share), -margin, known)


def bets(
    candidate: tuple[Numbers, Numbers],
    champion: tuple[Numbers, Numbers],
    share: Numbers,
    margin: float,
    known: float,
) -> Floats:
    """Give ln E by window and stake, (windows, 16); see `log_e_pass`."""
    kc, nc = _counts(*candidate)
    kb, nb = _counts(*champion)
    s = np.atleast_1d(np.asarray(share, dtype=np.float64))[:, np.newaxis]
    if not ((s > 0) & (s < 1)).all() or not abs(margin) < 1 or not 0 <= known <= 1:
        raise ValueError("a share lies inside (0, 1), a margin inside (-1, 1), a known rate in [0, 1]")
    wrong, right = (1 - known) / s, -known / s
    other_wrong, other_right = -(1 - known) / (1 - s), known / (1 - s)
    stakes = WEIGHED_STAKES / (np.maximum(wrong, other_right) - margin)
    numbers = (kc, nc - kc, kb, nb - kb)
    values = (wrong, right, other_wrong, other_right)
    terms = [number * np.log1p(-stakes * (z - margin)) for number, z in zip(numbers, values, strict=True)]
    summed: Floats = np.sum(terms, axis=0)
    return summed


def _counts(errors: Numbers, rows: Numbers) -> tuple[Floats, Floats]:
    k, n = (np.atleast_1d(np.asarray(one, dtype=np.float64))[:, np.newaxis] for one in (errors, rows))
    if not (np.isfinite(n).all() and (k >= 0).all() and (k <= n).all()):
        raise ValueError("counts must be whole numbers, none below 0 and none above the rows they are part of")
    return k, n
