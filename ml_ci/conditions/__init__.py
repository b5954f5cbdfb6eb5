"""The condition language of gates: parsed with `ast`, never evaluated as code."""

from ml_ci.conditions.errors import ConditionError
from ml_ci.conditions.parser import parse
from ml_ci.conditions.tree import Condition

__all__ = ["Condition", "ConditionError", "parse"]
