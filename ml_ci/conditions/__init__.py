"""The condition language of gates: parsed with `ast`, never evaluated as code."""

from collections.abc import Iterable

from ml_ci.conditions.errors import ConditionError
from ml_ci.conditions.tree import Condition

__all__ = ["Condition", "ConditionError", "parse"]


def parse(text: str, metrics: Iterable[str] = (), behaviours: Iterable[str] = (), live: bool = False) -> Condition:
    """Parse a condition; `metrics` are the user's own, by name, and `behaviours` those of the model.

    `live`: of rows after a promotion, which have no baseline and may be held against `holdout.<metric>`.

    ConditionError says what is wrong, and where.
    """
    # A run in which nothing changed has its conditions parsed already.
    from ml_ci.conditions import parser

    return parser.parse(text, metrics, behaviours, live)
