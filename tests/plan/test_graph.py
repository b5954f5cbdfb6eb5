from __future__ import annotations

import pytest

from ml_ci.plan.graph import below, in_order, ready

NEEDS = {"top": ("middle", "other"), "middle": ("bottom",), "other": (), "bottom": (), "alone": ()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("top", {"middle", "other", "bottom"}), ("middle", {"bottom"}), ("bottom", set()), ("unknown", set())],
)
def test_below(name: str, expected: set[str]) -> None:
    assert below(name, NEEDS) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("top middle other bottom alone", "other bottom middle top alone"),
        ("alone other bottom", "alone other bottom"),
        ("top bottom", "bottom top"),  # through `middle`, which nobody asks for
        ("", ""),
    ],
)
def test_models_stand_behind_all_that_they_build_on(names: str, expected: str) -> None:
    assert in_order(names.split(), NEEDS) == tuple(expected.split())


def test_ready_is_what_waits_for_nothing_unfinished() -> None:
    assert ready(["top", "middle", "alone"], ["top", "middle", "alone", "bottom"], NEEDS) == ("alone",)
    assert ready(["top", "middle"], ["top", "middle"], NEEDS) == ("middle",)
    assert ready(["top", "alone"], ["bottom"], NEEDS) == ("alone",)  # `top` builds on `bottom` through `middle`
