"""Test a paired difference where labels are asked for only where two models disagree.

A row on which both decide alike moves no difference: the errors of only one model are known exactly once the rows are
labelled on which they disagree. How many rows of the class there are beside these is estimated from a sample of the
others, drawn over the whole time; a fifth of alpha pays for its bound, four fifths are left to the bets (Bonferroni).
"""

from __future__ import annotations

import math

from ml_ci.gates.statistics import evalues, limits

# What is left of alpha to the bets: evidence proves at ln(1 / (SHARE alpha)).
SHARE = 0.8


def bound_rows(apart: int, alike: int, drawn: int, of_class: int, margin: float, alpha: float) -> float:
    """Bound the rows of a class: `apart`, where the models disagree, and those among the `alike`, where they agree.

    `of_class` of the `drawn` rows with a label among the `alike` are of the class. Rows on which both agree speak for a
    margin above 0 and against one below: Clopper and Pearson's lower bound at alpha / 5 there, their upper one here.
    """
    bound = limits.lower if margin >= 0 else limits.upper
    return apart + float(bound(of_class, drawn, (1 - SHARE) * alpha)[0]) * alike


def log_e_pass(b: int, c: int, rows: float, margin: float) -> float:
    """Give ln E against "the difference is above `margin`", of `rows` by `bound_rows`; proven at ln(1 / (.8 alpha))."""
    return float(evalues.log_e_pass(b, c, rows, margin)[0])


def line(alpha: float) -> float:
    """Give ln(1 / (.8 alpha)), at which evidence proves."""
    return -math.log(SHARE * alpha)
