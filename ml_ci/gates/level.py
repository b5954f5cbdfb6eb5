"""How strictly, and by which method, a question is put to the data."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.spec.values import Method


@dataclass(frozen=True, slots=True)
class Level:
    """How a question is put to the data: the method, the one-sided level, the seed of what is drawn.

    For bets on clusters, `largest` are those of the first look (None: this one), `grown` says why there can be none.
    """

    method: Method
    alpha: float
    seed: int = 0
    largest: tuple[float, float, float] | None = None
    grown: str = ""
