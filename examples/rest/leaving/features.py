"""The features of a customer: made by these lines in training, in a batch and in the service."""

from __future__ import annotations

from collections.abc import Mapping

NAMES = ("months", "calls", "price")
# What stands for a missing value: the median of the training data.
USUAL = {"months": 24.0, "calls": 4.0, "price": 60.0}
_SCALE = {"months": 12.0, "calls": 3.0, "price": 20.0}


def features(customer: Mapping[str, object]) -> list[float]:
    """Give the features of one customer, whose values are numbers, texts or missing."""
    return [(_number(customer.get(name), USUAL[name]) - USUAL[name]) / _SCALE[name] for name in NAMES]


def _number(value: object, usual: float) -> float:
    return usual if value in (None, "") else float(str(value))
