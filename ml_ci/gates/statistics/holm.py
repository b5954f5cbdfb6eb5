"""Correct for many gates: Holm 1979 (any false rejection), Benjamini and Hochberg 1995 (their share)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics.values import Evidence, Floats, Numbers, Outcome, columns

Flags: TypeAlias = npt.NDArray[np.bool_]


def holm_adjusted(p_values: Numbers) -> Floats:
    """Adjust p-values so that each may be compared with alpha; a NaN counts as 1."""
    return np.minimum(_stepped_down(p_values), 1.0)


def holm(p_values: Numbers, alpha: float) -> Flags:
    """Say which hypotheses Holm's step-down procedure rejects at family-wise level `alpha`."""
    return _stepped_down(p_values) <= alpha


def benjamini_hochberg_adjusted(p_values: Numbers) -> Floats:
    """Adjust p-values so that each may be compared with a false discovery rate; a NaN counts as 1."""
    p = _known(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _restored(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: Numbers, rate: float) -> Flags:
    """Say which hypotheses are rejected at false discovery rate `rate`; for slices that gate nothing."""
    return benjamini_hochberg_adjusted(p_values) <= rate


def after_holm(evidence: Sequence[Evidence], alphas: Numbers) -> tuple[Evidence, ...]:
    """Turn each fail that Holm over all gates does not uphold into inconclusive; passes stay as they are.

    `alphas` is one level or one per gate (`@ 0.99` after a limit): p-values are then compared in units of their own
    level, so that the chance of any wrong fail is at most the largest of them.
    """
    if not evidence:
        return ()
    own, shares = columns([found.p_fail for found in evidence], alphas)[0], columns(alphas)[0]
    upheld = holm(own / shares, 1.0)
    return tuple(_confirmed(found, bool(kept)) for found, kept in zip(evidence, upheld, strict=True))


def overall(evidence: Sequence[Evidence], alphas: Numbers) -> Outcome:
    """Join the gates: pass if all pass, each at its full alpha; fail if any fails after Holm; else inconclusive.

    No gate at all is inconclusive.
    """
    outcomes = {found.outcome for found in after_holm(evidence, alphas)}
    if outcomes == {"pass"}:
        return "pass"
    return "fail" if "fail" in outcomes else "inconclusive"


def _confirmed(found: Evidence, upheld: bool) -> Evidence:
    if found.outcome != "fail" or upheld:
        return found
    return replace(
        found, outcome="inconclusive", reason="one of several gates: the fail is not upheld by Holm's correction"
    )


def _stepped_down(p_values: Numbers) -> Floats:
    p = _known(p_values)
    order = np.argsort(p, kind="stable")
    return _restored(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), order)


def _known(p_values: Numbers) -> Floats:
    (p,) = columns(p_values)
    return np.where(np.isnan(p), 1.0, p)


def _restored(sorted_values: Floats, order: npt.NDArray[np.intp]) -> Floats:
    answer = np.empty_like(sorted_values)
    answer[order] = sorted_values
    return answer
