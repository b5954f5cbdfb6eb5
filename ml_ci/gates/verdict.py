"""Join verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from ml_ci.gates.values import GateResult, Verdict

# The worst first.
ORDER: tuple[Verdict, ...] = ("error", "fail", "inconclusive", "unjudged", "pass")


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst verdict: error, fail, inconclusive, unjudged; pass only if all pass, and there is one at all.

    No verdict is `error`: something should have arrived, and nothing did.
    """
    found = set(verdicts)
    return next((verdict for verdict in ORDER if verdict in found), "error")


def of_gates(results: Iterable[GateResult]) -> Verdict:
    """Give the verdict on one model: the worst of its gates that were judged, `unjudged` if none was.

    The results of one condition, one for each slice, are one gate: it was judged only if all of it was.
    """
    by_condition: dict[str, list[Verdict]] = {}
    for result in results:
        by_condition.setdefault(result.condition, []).append(result.verdict)
    judged = {overall(verdicts) for verdicts in by_condition.values()} - {"unjudged"}
    return overall(judged) if judged else "unjudged"
