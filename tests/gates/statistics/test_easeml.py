from __future__ import annotations

import pytest

from ml_ci.gates.statistics import easeml


@pytest.mark.parametrize(
    ("confidence", "tolerance", "none", "full"),
    [(0.9999, 0.01, 63_381, 156_956), (0.9999, 0.05, 2_536, 6_279), (0.99, 0.1, 404, 1_340)],
)
def test_published_sample_sizes(confidence: float, tolerance: float, none: int, full: int) -> None:
    assert abs(easeml.hoeffding_rows(tolerance, 1 - confidence, 32, "none") - none) <= 1
    assert abs(easeml.hoeffding_rows(tolerance, 1 - confidence, 32, "full") - full) <= 1


def test_published_sample_sizes_for_differences() -> None:
    assert abs(easeml.bennett_rows(0.01, 1e-4, 0.1, 32) - 29_048) <= 1
    assert abs(easeml.active_labels(0.01, 1e-4, 0.1) - 2_189) <= 1


@pytest.mark.parametrize(
    ("tolerance", "delta", "steps"), [(0.0, 0.01, 1), (-0.1, 0.01, 1), (0.1, 0.0, 1), (0.1, 0.01, 0)]
)
def test_what_makes_no_plan_is_refused(tolerance: float, delta: float, steps: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        easeml.hoeffding_rows(tolerance, delta, steps)
