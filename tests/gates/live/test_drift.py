from __future__ import annotations

import pytest

from ml_ci.gates.live.drift import POSITIVE
from ml_ci.gates.live.windows import judge_windows
from ml_ci.live.values import Bins, Window
from tests.gates.live.made import model, watched, window

TEN = Bins("number", (100,) * 10, tuple(float(edge) for edge in range(8)))
GOLDEN = [(10,) * 10, (5,) * 9 + (55,), (5,) * 9 + (55,), (30,) + (8,) * 8 + (6,)]


def windows(*columns: tuple[int, ...]) -> list[Window]:
    return [window(at, 12, 3, columns={"tenure": counts}) for at, counts in enumerate(columns)]


@pytest.mark.parametrize(
    ("dependent", "expected"),
    [
        (False, [-3.200200, 28.502633, 61.405441, 28.027365]),
        (True, [-0.072904, 0.590613, 1.001078, 1.242491]),
    ],
)
def test_golden_windows(dependent: bool, expected: list[float]) -> None:
    found = judge_windows(
        model("fnr <= 0.5", dependent=dependent, drift=0.05), watched(windows(*GOLDEN), {"tenure": TEN})
    )
    assert found.drift["tenure"] == pytest.approx(expected, abs=1e-6)


def test_drift_is_told_and_never_an_alarm() -> None:
    moved = windows(*[(5,) * 9 + (55,)] * 60)
    found = judge_windows(model("fnr <= 0.5"), watched(moved, {"tenure": TEN, "score": TEN}))
    assert (found.verdict, found.alarms) == ("pass", ())
    assert list(found.drifted) == ["tenure"] and set(found.drift) == {POSITIVE, "tenure", "score"}
    assert found.drift_line is not None and found.line is not None and found.drift_line > found.line
    for name, at in found.drifted.items():
        log_m = found.drift[name]
        assert log_m[at] >= found.drift_line and all(one < found.drift_line for one in log_m[:at])  # type: ignore[operator]
    assert set(found.drift["score"]) == {None}  # no window has it


def test_the_same_distribution_is_not_named() -> None:
    same = [
        window(at, 12, 3, columns={"tenure": (10,) * 10}, rows=500, positive=137, due=(136, 364)) for at in range(365)
    ]
    found = judge_windows(model("fnr <= 0.5"), watched(same, {"tenure": TEN}))
    assert found.drifted == {}


def test_what_cannot_be_held_against_the_holdout_is_left_out() -> None:
    """A holdout without rows, or of so few that any share is within its bounds; bins that are other ones by now."""
    few = {"empty": Bins("number", (0, 0)), "few": Bins("text", (1, 1, 0), values=("a",)), "tenure": TEN}
    found = judge_windows(model("fnr <= 0.5"), watched(windows((1, 2), (3, 4)), few))
    assert set(found.drift) == {POSITIVE}
