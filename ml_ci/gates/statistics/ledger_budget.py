"""Spend the confidence of one holdout over many looks.

Blum and Hardt 2015, Renggli et al. (ease.ml/ci) 2019: a run of H looks of which at most K promote has at most
H * sum_{k <= K} C(H, k) different questions; a fully adaptive one has 2^H.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml_ci.gates.statistics.values import checked_alpha


@dataclass(frozen=True, slots=True)
class LedgerBudget:
    """Say what a look may spend, and what is left of the plan.

    `alpha` is the level of each look, 0 when `spent`: then nothing can be proven on this holdout any more.
    """

    alpha: float
    looks_left: int
    promotions_left: int
    spent: bool


def questions(looks: int, promotions: int = 0) -> int:
    """Count the questions that a plan can ask: H * sum C(H, k) for k <= K, at most ease.ml/ci's adaptive 2^H.

    `promotions` 0: only pass or not-pass is told, and nothing is promoted. ValueError unless looks >= 1 and
    0 <= promotions <= looks.
    """
    if looks < 1 or not 0 <= promotions <= looks:
        raise ValueError("a plan needs at least one look, and no more promotions than looks")
    ceiling, told, ways = 2**looks, 0, 1
    for promoted in range(promotions + 1):
        told += looks * ways
        if told >= ceiling:
            return int(ceiling)
        ways = ways * (looks - promoted) // (promoted + 1)
    return told


def alpha_per_look(alpha: float, looks: int, promotions: int = 0) -> float:
    """Give the level of each of so many looks that keeps `alpha` for all of them together."""
    # Through logarithms: the questions of a long plan are more than a float can count.
    return min(alpha, math.exp(math.log(checked_alpha(alpha)) - math.log(questions(looks, promotions))))


def budget(alpha: float, looks: int, promotions: int, looks_used: int, promotions_used: int) -> LedgerBudget:
    """Hold a plan against what was used before this look; spent once no planned look is left.

    Promotions beyond the plan spend it too: the answers told more than was paid for.
    """
    looks_left = max(looks - looks_used, 0)
    promotions_left = max(promotions - promotions_used, 0)
    spent = looks_left == 0 or promotions_used > promotions
    level = 0.0 if spent else alpha_per_look(alpha, looks, promotions)
    return LedgerBudget(level, looks_left, promotions_left, spent)
