"""kill -9 at any moment of a promotion or a rollback: done again, it is done once, and the history reads.

`ML_CI_KILLS` says how many of each, 2 by default. 50 of each, on a file:
`ML_CI_KILLS=50 python -m pytest -m slow -s tests/registry/stores/processes/test_random_kills.py -k sqlite`
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from typing import Any

import pytest

KILLS = int(os.environ.get("ML_CI_KILLS", "2"))
# Writes of each, and the longest time after one; before the first there is more to do.
_PENDING = "ml-ci.rollback"
PROMOTES, GOES_BACK, LATEST, BEFORE = 11, 7, 0.05, 0.8

pytestmark = pytest.mark.slow


def _moment(number: int, steps: int) -> tuple[int, float]:
    chance = random.Random(f"{number} of {steps}")
    step = chance.randint(0, steps)
    return step, chance.random() * (LATEST if step else BEFORE)


def _keys(desk: Any) -> list[str]:
    return [key for (key,) in desk.ask("SELECT key FROM registered_model_tags WHERE name = ?")]


def _stays(desk: Any) -> list[tuple[str, bool]]:
    """Read the history."""
    from ml_ci.steps.promotion.promote import read_history

    found = read_history(desk.options(), desk.model, datetime.now(UTC))
    assert not found.foreign
    assert not found.lost
    return [(stay.event.version, stay.current) for stay in found.stays]


@pytest.mark.parametrize("number", range(KILLS))
def test_a_promotion_that_is_killed_at_any_moment(judged: Any, hands: Any, number: int) -> None:
    step, seconds = _moment(number, PROMOTES)
    killed = hands.kill_soon(judged.promotion(), step, seconds)
    print(f"promotion {number}: {'killed' if killed else 'ended before'}, {seconds:.3f} s after write {step}")
    assert hands.run(judged.promotion()).said == ""
    assert judged.in_use() == ("2", "1")
    assert judged.champion().finished
    assert judged.counted == (2, 2, 2, 2)
    assert _stays(judged) == [("2", True), ("1", False)]
    before = judged.everything()
    assert hands.run(judged.promotion()).said == ""
    assert judged.everything() == before


@pytest.mark.parametrize("number", range(KILLS))
def test_a_rollback_that_is_killed_at_any_moment(judged: Any, hands: Any, number: int) -> None:
    step, seconds = _moment(number, GOES_BACK)
    judged.promote()
    killed = hands.kill_soon(judged.rollback(), step, seconds)
    print(f"rollback {number}: {'killed' if killed else 'ended before'}, {seconds:.3f} s after write {step}")
    if judged.in_use() != ("1", None) or judged.counted != (2, 2, 3, 3) or _PENDING in _keys(judged):
        assert hands.run(judged.rollback()).said == ""
    assert judged.in_use() == ("1", None)
    assert judged.counted == (2, 2, 3, 3)
    assert _stays(judged) == [("1", True), ("2", False), ("1", False)]
    assert _PENDING not in _keys(judged)
