"""Two at once, on each store: real processes, one held before each write that counts while the other goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

# The writes of a promotion and of a rollback, by number, as `test_kills` has them: from before the version is there.
_PROMOTION = {1: "run", 6: "version", 7: "previous", 8: "champion", 9: "move", 10: "audit", 11: "done"}
_ROLLBACK = {1: "intent", 2: "champion", 3: "previous", 4: "tag", 5: "move", 6: "audit", 7: "end"}


def _held(steps: dict[int, str]) -> Any:
    return pytest.mark.parametrize("step", list(steps), ids=list(steps.values()))


def _whole(desk: Any) -> None:
    """Nothing is left half-done."""
    keys = [key for (key,) in desk.ask("SELECT key FROM registered_model_tags WHERE name = ?")]
    assert "ml-ci.rollback" not in keys
    tags = desk.ask("SELECT version, key FROM model_version_tags WHERE name = ?")
    ended = {int(version) for version, key in tags if key in ("ml-ci.promoted", "ml-ci.withdrawn")}
    assert ended == {int(version) for (version,) in desk.ask("SELECT version FROM model_versions WHERE name = ?")}


def test_on_one_machine_the_second_is_told(judged: Any, hands: Any) -> None:
    first, second = hands.between(judged.promotion(), 6, judged.promotion())
    assert (first, second) == ("", f"another process is moving the champion of {judged.model}")
    assert judged.in_use() == ("2", "1")
    assert judged.counted == (2, 2, 2, 2)


def test_on_one_machine_a_rollback_waits_for_its_turn(judged: Any, hands: Any) -> None:
    judged.promote()
    judged.judge(0.53)
    first, second = hands.between(judged.promotion(), 8, judged.rollback())
    assert (first, second) == ("", f"another process is moving the champion of {judged.model}")
    assert judged.in_use() == ("3", "2")


def test_of_two_machines_that_promote_at_once_one_wins(begun: Any, hands: Any) -> None:
    one, two = begun.elsewhere("one"), begun.elsewhere("two")
    commits = [one.judge(0.55), two.judge(0.58)]
    said = hands.at_once(one.promotion(), two.promotion())
    won = said.index("")
    assert said[1 - won]
    assert begun.champion().commit == commits[won]
    assert begun.in_use()[1] == "1"
    _check_told(one, two, won)
    _whole(begun)


@_held(_PROMOTION)
def test_of_two_machines_that_promote_one_wins_whoever_is_held(begun: Any, hands: Any, step: int) -> None:
    one, two = begun.elsewhere("one"), begun.elsewhere("two")
    commits = [one.judge(0.55), two.judge(0.58)]
    two.git("fetch", "-q", str(one.path), "main")  # it can look at the other's, once that is champion
    said = hands.between(one.promotion(), step, two.promotion())
    won = said.index("")
    assert ("moved" in said[1 - won]) or ("is being promoted at the same time" in said[1 - won])
    assert begun.champion().commit == commits[won]
    assert begun.in_use()[1] == "1"
    _check_told(one, two, won)
    _whole(begun)


def _check_told(one: Any, two: Any, won: int) -> None:
    """The winner's log has its promotion; the other's has it only where that machine found it unfinished, and once."""
    told = [[json.loads(line)["id"] for line in desk.audit()] for desk in (one, two)]
    assert [len(set(ids)) for ids in told] == [len(ids) for ids in told]
    assert set(told[1 - won]) <= set(told[won])
    assert len(told[won]) == one.moves == 2


@_held(_PROMOTION)
def test_a_rollback_while_a_promotion_is_held(judged: Any, hands: Any, step: int) -> None:
    judged.promote()
    judged.judge(0.53)
    _check(judged, *hands.between(judged.promotion(), step, judged.elsewhere("other").rollback()))


@_held(_ROLLBACK)
def test_a_promotion_while_a_rollback_is_held(judged: Any, hands: Any, step: int) -> None:
    judged.promote()
    judged.judge(0.53)
    back, promotion = hands.between(judged.elsewhere("other").rollback(), step, judged.promotion())
    _check(judged, promotion, back)


def _check(desk: Any, promotion: str, back: str) -> None:
    """One after the other, or one of them, or neither: each way the registry says what was told."""
    left = {
        (True, False): (("3", "2"), 3),
        (False, True): (("1", None), 3),
        (True, True): (("2", "1"), 4),
        (False, False): (("2", "1"), 2),
    }
    assert (desk.in_use(), desk.moves) == left[not promotion, not back], (promotion, back)
    _whole(desk)


def test_two_rollbacks_at_once_go_back_once(judged: Any, hands: Any) -> None:
    judged.promote()
    one, two = judged.elsewhere("one"), judged.elsewhere("two")
    first, second = hands.between(one.rollback(), 2, two.rollback())
    assert (first, second) == ("", "")
    assert judged.in_use() == ("1", None)
    assert judged.moves == 3
    _whole(judged)
