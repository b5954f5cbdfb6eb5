"""Show where a behaviour is broken; what is broken beyond the holdout's rows fails where that is asked for."""

from __future__ import annotations

from ml_ci.gates.values import Verdict
from ml_ci.gates.view import View


def add_shown(verdict: Verdict, view: View) -> tuple[Verdict, str]:
    """Give the verdict on all rows, and what its reason goes on with: the smallest pair of rows on which it fails.

    A reason stands in every report, and holds nobody's row.
    """
    shown = view.case.shown
    if shown is None or view.by is not None:
        return verdict, ""
    words = "" if shown.full else shown.words
    if shown.beyond and view.case.fails_beyond and verdict == "pass":
        return "fail", f", but beyond the holdout's rows it is broken: {words or 'on a row that is not shown'}"
    told = verdict == "fail" and not shown.beyond and words
    return verdict, f"; for example {words}" if told else ""
