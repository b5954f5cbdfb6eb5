"""The borders of a comparison in the type that a column has."""

from __future__ import annotations

import math

import pytest

from ml_ci.evaluation.comparison import narrow


@pytest.mark.parametrize(
    ("number", "precision", "expected"),
    [
        (0.1, "", 0.1),
        (0.1, "float32", 0.10000000149011612),
        (0.1, "float16", 0.0999755859375),
        (70_000.0, "float16", math.inf),  # beyond what the type holds, and no warning
        (-1e300, "float32", -math.inf),
        (30, "", 30.0),
    ],
)
def test_a_number_as_a_column_of_a_narrower_type_would_hold_it(number: float, precision: str, expected: float) -> None:
    assert narrow(number, precision) == expected
