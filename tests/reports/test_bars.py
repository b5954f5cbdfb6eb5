"""A bar shows on which side of the limit an interval lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.bars import bar
from ml_ci.reports.gate_rows import Scale


@pytest.mark.parametrize(
    ("scale", "drawn"),
    [
        (Scale(0.02, 0.04, 0.03, 0.05), "├────●────┤    ┃"),
        (Scale(0.06, 0.10, 0.08, 0.05), "┃  ├─────●─────┤"),
        (Scale(0.02, 0.08, 0.05, None), "├───────●──────┤"),
        (Scale(0.02, 0.08, None, 0.05), "├───────┃──────┤"),
        (Scale(0.1, 0.1, 0.1, 0.1), "        ┃       "),
    ],
)
def test_bar(scale: Scale, drawn: str) -> None:
    assert bar(scale, 16) == drawn


_numbers = st.floats(min_value=-1e6, max_value=1e6)


@given(st.builds(Scale, _numbers, _numbers, st.none() | _numbers, st.none() | _numbers), st.integers(5, 60))
def test_every_bar_has_its_width_and_its_limit(scale: Scale, width: int) -> None:
    drawn = bar(scale, width)
    assert len(drawn) == width
    assert ("┃" in drawn) == (scale.limit is not None)
