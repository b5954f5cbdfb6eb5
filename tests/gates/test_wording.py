"""How a gate's result is said to someone who is no statistician."""

from __future__ import annotations

import pytest

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.wording import more_rows, provable

ROWS = [
    (1_812, 0.8, "about 1,900 more would decide it with a chance of 80%"),
    (1_812, 0.5, "about 1,900 more would decide it with a chance of 50%"),
    (1_812, None, "about 1,900 more would decide it if the rates stay as they are"),
    (10_000_000, 0.8, "it would take more than 10,000,000 further positives"),
    (None, None, "more positives alone are not expected to make it pass"),
]


@pytest.mark.parametrize(("needs", "chance", "said"), ROWS)
def test_with_what_chance_more_rows_decide(needs: int | None, chance: float | None, said: str) -> None:
    assert more_rows(needs, "positives", chance) == said


FNR, AUC, GAP = Metric("fnr"), Metric("auc"), OverSlices("gap", "fnr", ("region",))
# The bound is rounded away from what was measured: what is said is proven too.
PROVABLE = [
    (0.0222, FNR, True, True, "a margin of +2.3 points"),
    (0.0230, FNR, True, True, "a margin of +2.3 points"),
    (0.00103, FNR, True, True, "a margin of +0.11 points"),
    (-0.0123, FNR, True, True, "a margin of −1.2 points"),
    (0.4371, FNR, True, False, "a limit of 43.8%"),
    (0.8123, Metric("recall"), False, False, "a limit of at least 81.2%"),
    (-0.0312, Metric("recall"), False, True, "a margin of −3.2 points"),
    (-0.01234, AUC, False, True, "a margin of −0.013"),
    (0.9123, AUC, False, False, "a limit of at least 0.912"),
    (0.0712, GAP, True, False, "a limit of 7.2 points"),
]


@pytest.mark.parametrize(("bound", "atom", "upper", "relative", "said"), PROVABLE)
def test_what_todays_labels_can_prove(
    bound: float, atom: Metric | OverSlices, upper: bool, relative: bool, said: str
) -> None:
    assert provable(bound, atom, upper=upper, relative=relative) == said
