"""Plan rows as ease.ml/ci does (Renggli et al., MLSys 2019), to stand beside ours."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

Feedback: TypeAlias = Literal["none", "full"]


def log_terms(delta: float, steps: int, feedback: Feedback) -> float:
    """Give L: ln H - ln delta where no answer is told before the end, H ln 2 - ln delta where each is told."""
    if not 0.0 < delta < 1.0 or steps < 1:
        raise ValueError("delta must be between 0 and 1, and there must be at least one step")
    return (math.log(steps) if feedback == "none" else steps * math.log(2.0)) - math.log(delta)


def hoeffding_rows(tolerance: float, delta: float, steps: int = 1, feedback: Feedback = "none") -> int:
    """Give the rows that know one rate to `tolerance` for all steps at 1 - delta: L / (2 eps^2), one-sided."""
    return math.ceil(log_terms(delta, steps, feedback) / (2 * _positive(tolerance) ** 2))


def bennett_rows(
    tolerance: float, delta: float, discordance: float, steps: int = 1, feedback: Feedback = "none"
) -> int:
    """Give the rows that know a difference to `tolerance` where at most `discordance` of the rows differ.

    (L + ln 4) / (p h(eps / p)), h(u) = (1 + u) ln(1 + u) - u (Bennett 1962): ln 2 for the two sides, ln 2 for the
    half of delta that goes to testing the discordance.
    """
    return math.ceil(_bennett(tolerance, delta, discordance, steps, feedback))


def active_labels(tolerance: float, delta: float, discordance: float) -> int:
    """Give the labels that one commit needs if only the rows on which the models differ are labelled."""
    return math.ceil(discordance * _bennett(tolerance, delta, discordance, 1, "none"))


def _bennett(tolerance: float, delta: float, discordance: float, steps: int, feedback: Feedback) -> float:
    share = _positive(discordance)
    ratio = _positive(tolerance) / share
    rate = share * ((1 + ratio) * math.log1p(ratio) - ratio)
    return (log_terms(delta, steps, feedback) + math.log(4.0)) / rate


def _positive(value: float) -> float:
    if not value > 0.0:
        raise ValueError("the tolerance and the discordance must be above 0")
    return value
