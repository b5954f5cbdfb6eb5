"""Judge the difference of candidate and baseline on the same rows against a margin."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, get_args

import numpy as np

from ml_ci.gates.statistics import evalues, exact, power, tango
from ml_ci.gates.statistics.power import SCORE_ALPHA, SCORE_ROWS
from ml_ci.gates.statistics.special import ndtr
from ml_ci.gates.statistics.values import (
    Evidence,
    Floats,
    Numbers,
    checked_alpha,
    checked_counts,
    checked_limits,
    checked_parts,
    columns,
    mirrored,
    outcome,
    undecided,
)
from ml_ci.spec.values import Method

NONE_DIFFERS = "no row on which only one of the two errs: a margin of 0 is neither shown nor refuted"


def chosen(method: Method, rows: Numbers, alpha: float) -> list[Method]:
    """Choose the method per element: `score` becomes `exact` below 100 rows or below alpha = 0.001."""
    if method not in get_args(Method):
        raise ValueError(f"the method must be score, exact or anytime, not {method!r}")
    (n,) = columns(rows)
    if method != "score":
        return [method] * len(n)
    small: list[bool] = ((n < SCORE_ROWS) | (alpha < SCORE_ALPHA)).tolist()
    return ["exact" if few else "score" for few in small]


def differences_at_most(
    b: Numbers,
    c: Numbers,
    n: Numbers,
    margin: Numbers,
    alpha: float,
    method: Method = "score",
    *,
    effective: bool = False,
) -> tuple[Evidence, ...]:
    """Judge `candidate - baseline <= margin`, one evidence per element, each at one-sided `alpha`.

    `b` rows of the class where only the candidate errs, `c` where only the baseline errs, `n` rows of the class;
    `effective` counts are in independent rows (see `design_effect`), and need not be whole.
    `method="anytime"` is mandatory once rows were added after a look. Inconclusive with a reason: no rows; no
    discordant row where no difference is allowed. ValueError on impossible counts, NaN, or alpha outside (0, 0.5).
    """
    b, c, n, m = columns(b, c, n, margin)
    (checked_parts if effective else checked_counts)(n, b, c)
    checked_limits(m)
    methods = chosen(method, n, checked_alpha(alpha))
    if len(set(methods)) == 1:
        return tuple(_judge(methods[0], method, b, c, n, m, alpha))
    answers: dict[int, Evidence] = {}
    for name in set(methods):
        where = np.flatnonzero([used == name for used in methods])
        found = _judge(name, method, b[where], c[where], n[where], m[where], alpha)
        answers.update(zip(where.tolist(), found, strict=True))
    return tuple(answers[index] for index in range(len(n)))


def difference_at_most(b: int, c: int, n: int, margin: float, alpha: float, method: Method = "score") -> Evidence:
    """Judge `candidate - baseline <= margin` on one set of rows; see `differences_at_most`."""
    return differences_at_most(b, c, n, margin, alpha, method)[0]


def differences_at_least(
    b: Numbers,
    c: Numbers,
    n: Numbers,
    margin: Numbers,
    alpha: float,
    method: Method = "score",
    *,
    effective: bool = False,
) -> tuple[Evidence, ...]:
    """Judge `candidate - baseline >= margin`: with the two swapped, the difference is at most `-margin`."""
    negated = -np.asarray(margin, dtype=np.float64)
    found = differences_at_most(c, b, n, negated, alpha, method, effective=effective)
    return tuple(mirrored(one) for one in found)


def difference_at_least(b: int, c: int, n: int, margin: float, alpha: float, method: Method = "score") -> Evidence:
    """Judge `candidate - baseline >= margin` on one set of rows; see `differences_at_most`."""
    return differences_at_least(b, c, n, margin, alpha, method)[0]


def p_values(name: Method, b: Floats, c: Floats, n: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Give (p_pass, p_fail) of every element; 1 where the statistic is undefined."""
    if name == "score":
        return _by_score(tango.statistic(b, c, n, m))
    p_above = exact.p_above if name == "exact" else evalues.p_above
    both = p_above(*(np.concatenate(pair) for pair in ((b, c), (c, b), (n, n), (m, -m))))
    return both[: len(n)], both[len(n) :]


def _by_score(score: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(score)
    return np.where(known, ndtr(score), 1.0), np.where(known, ndtr(-score), 1.0)


def _judge(name: Method, wanted: Method, b: Floats, c: Floats, n: Floats, m: Floats, alpha: float) -> list[Evidence]:
    statistic = tango.statistic(b, c, n, m)
    p_pass, p_fail = _by_score(statistic) if name == "score" else p_values(name, b, c, n, m)
    # A difference of two rates lies in [-1, 1] whatever the data: such limits need no proof.
    p_pass, p_fail = np.where(m >= 1.0, 0.0, p_pass), np.where(m >= 1.0, 1.0, p_fail)
    low, high = {"score": tango, "exact": exact, "anytime": evalues}[name].bounds(b, c, n, alpha)
    table = zip(*(column.tolist() for column in (b, c, n, m, low, high, p_pass, p_fail, statistic)), strict=True)
    return [_evidence(_Row(*row), name, wanted, alpha) for row in table]


class _Row(NamedTuple):
    """One element of what is judged: its counts, its margin, and what was made of them for all elements at once."""

    b: float
    c: float
    n: float
    margin: float
    low: float
    high: float
    p_pass: float
    p_fail: float
    statistic: float


def _evidence(row: _Row, name: Method, wanted: Method, alpha: float) -> Evidence:
    if row.n == 0:
        needs = power.provable_rows(row.margin, alpha, wanted)
        return undecided(name, "no rows: the difference is undefined", needs)
    found = Evidence(outcome(row.p_pass, row.p_fail, alpha), row.low, row.high, row.p_pass, row.p_fail, None, name)
    if found.outcome != "inconclusive":
        return found
    needs = power.further_rows(row.b, row.c, row.n, row.margin, alpha, wanted, statistic=row.statistic)
    return replace(found, needs=needs, reason=NONE_DIFFERS if row.b == row.c == row.margin == 0 else "")
