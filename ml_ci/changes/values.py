"""A change between two fingerprints, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """Say in words what changed in one part of the fingerprint (`code`, `data.train`, `params`, ...).

    `summary` is one line without the part's name, for example `4,601 → 5,804 rows (+1,203), positives 39% → 31%`;
    `details` are further lines (columns that moved, functions, keys), most telling first.
    """

    part: str
    summary: str
    details: tuple[str, ...] = ()
