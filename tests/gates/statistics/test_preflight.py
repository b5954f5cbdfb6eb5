from __future__ import annotations

import pytest

from ml_ci.gates.statistics import paired, preflight


def test_too_few_rows_are_found_out_before_training() -> None:
    found = preflight.for_difference(214, 0.01, 0.05)
    assert (found.provable, found.rows, found.smallest_rows) == (False, 214, 268)
    assert found.smallest_limit == pytest.approx(0.012485, abs=5e-7)
    assert preflight.for_difference(268, 0.01, 0.05).provable
    assert not preflight.for_difference(267, 0.01, 0.05).provable


@pytest.mark.parametrize("rows", [30, 60, 71, 72, 99, 100, 150])
@pytest.mark.parametrize("margin", [0.02, 0.04, 0.05])
def test_it_says_what_the_gate_would_say_of_a_flawless_candidate(rows: int, margin: float) -> None:
    best = paired.difference_at_most(0, 0, rows, margin, 0.05)
    assert preflight.for_difference(rows, margin, 0.05).provable == (best.outcome == "pass")


def test_an_improvement_needs_room() -> None:
    assert preflight.for_difference(500, -0.02, 0.05).provable
    assert preflight.for_difference(500, 0.0, 0.05).provable
    assert not preflight.for_difference(2, -0.5, 0.05).provable
    assert preflight.for_difference(500, -0.02, 0.05).smallest_rows is None


def test_no_rows_prove_nothing() -> None:
    for found in (
        preflight.for_difference(0, 0.01, 0.05),
        preflight.for_difference(0, -0.1, 0.05),
        preflight.for_difference(0, 1.0, 0.05),
        preflight.for_limit(0, 0.01, 0.05),
        preflight.for_limit(0, 1.0, 0.05),
    ):
        assert (found.provable, found.smallest_limit) == (False, None)


def test_a_limit() -> None:
    assert preflight.for_limit(299, 0.01, 0.05).provable
    short = preflight.for_limit(298, 0.01, 0.05)
    assert (short.provable, short.smallest_rows) == (False, 299)
    assert short.smallest_limit == pytest.approx(0.010002, abs=5e-6)


def test_a_limit_of_zero_is_never_provable() -> None:
    found = preflight.for_limit(1_000_000, 0.0, 0.05)
    assert (found.provable, found.smallest_rows) == (False, None)


def test_looks_while_rows_are_added_need_more_rows() -> None:
    assert (preflight.for_difference(500, 0.01, 0.05, "anytime").smallest_rows or 0) > 500
