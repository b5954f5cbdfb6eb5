"""Test whether rows were assigned with the share that they were to be assigned with: the sample ratio.

Where it is off, what assigns rows is broken, and no difference between the models means anything (Fabijan and others,
"Diagnosing sample ratio mismatch", KDD 2019). A Bayes factor against the share (Lindon and Malek 2020), which is a fair
bet at any time: E = B(10 s + k, 10 (1 - s) + n - k) / (B(10 s, 10 (1 - s)) s^k (1 - s)^(n - k)).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ml_ci.gates.statistics.special import betaln
from ml_ci.gates.statistics.values import Floats, Numbers, columns

# From here on the assignment is broken: a sound one comes so far once in 1,000 times, however often one looks.
BROKEN = 1_000.0
_SURE = 10.0


def log_e(assigned: Numbers, rows: Numbers, share: Numbers) -> Floats:
    """Give ln E against "a row is assigned with chance `share`", elementwise; 0 without rows.

    ValueError unless every share is inside (0, 1) and `assigned` at most `rows`.
    """
    k, n, s = columns(assigned, rows, share)
    if not ((s > 0) & (s < 1)).all():
        raise ValueError("a share lies inside (0, 1)")
    if not (np.isfinite(n).all() and (k >= 0).all() and (k <= n).all()):
        raise ValueError("counts must be whole numbers, none below 0 and none above the rows they are part of")
    against = betaln(_SURE * s + k, _SURE * (1 - s) + n - k) - betaln(_SURE * s, _SURE * (1 - s))
    found: Floats = against - k * np.log(s) - (n - k) * np.log1p(-s)
    return found


def follow(windows: Iterable[tuple[int, int, float]]) -> tuple[float, ...]:
    """Give ln E after each window of (assigned, rows, share).

    Windows of one share in a row are one segment, whose rows are pooled; segments multiply.
    """
    before, found = 0.0, [0.0]
    k, n, at = 0, 0, None
    for assigned, rows, share in windows:
        if share != at:
            before, k, n, at = found[-1], 0, 0, share
        k, n = k + assigned, n + rows
        found.append(before + float(log_e(k, n, share)[0]))
    return tuple(found[1:])
