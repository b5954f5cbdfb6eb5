"""Join verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from ml_ci.gates.values import Verdict

# The worst first.
ORDER: tuple[Verdict, ...] = ("error", "fail", "inconclusive", "pass")


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst verdict: error, then fail, then inconclusive; pass only if all pass, and there is one at all.

    No verdict is `error`: nothing was gated.
    """
    found = set(verdicts)
    return next((verdict for verdict in ORDER if verdict in found), "error")
