"""Correct for many gates: Holm 1979 (any false rejection), Benjamini and Hochberg 1995 (their share)."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics.values import Floats, Numbers, columns

Flags: TypeAlias = npt.NDArray[np.bool_]


def holm(p_values: Numbers, alpha: float) -> Flags:
    """Say which hypotheses Holm's step-down procedure rejects at family-wise level `alpha`; a NaN counts as 1."""
    return _step_down(p_values) <= alpha


def benjamini_hochberg_adjusted(p_values: Numbers) -> Floats:
    """Adjust p-values so that each may be compared with a false discovery rate; a NaN counts as 1."""
    p = _look_up(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _restore(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: Numbers, rate: float) -> Flags:
    """Say which hypotheses are rejected at false discovery rate `rate`; for slices that gate nothing."""
    return benjamini_hochberg_adjusted(p_values) <= rate


def _step_down(p_values: Numbers) -> Floats:
    p = _look_up(p_values)
    order = np.argsort(p, kind="stable")
    return _restore(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), order)


def _look_up(p_values: Numbers) -> Floats:
    (p,) = columns(p_values)
    return np.where(np.isnan(p), 1.0, p)


def _restore(sorted_values: Floats, order: npt.NDArray[np.intp]) -> Floats:
    answer = np.empty_like(sorted_values)
    answer[order] = sorted_values
    return answer
