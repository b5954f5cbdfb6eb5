"""kill -9 before each write of a promotion or a rollback, on each store: done again, it is done once."""

from __future__ import annotations

from typing import Any

import pytest

_RUN = ["create_run", "log_batch", "log_inputs", "log_artifacts", "set_terminated"]
_DONE = ["set_registered_model_tag", "audit", "set_model_version_tag"]
_ALIAS = "set_registered_model_alias"
_FIRST = ["create_experiment", *_RUN, "create_registered_model", "create_model_version", _ALIAS, *_DONE]
_NEXT = [*_RUN, "create_model_version", _ALIAS, _ALIAS, *_DONE]
_BACK = [
    "set_registered_model_tag",
    _ALIAS,
    "delete_registered_model_alias",
    "set_model_version_tag",
    "set_registered_model_tag",
    "audit",
    "delete_registered_model_tag",
]


def _steps(names: list[str]) -> Any:
    """Name each step by its number and what is written; the one after the last is the end, and kills nothing."""
    numbered = list(enumerate([*names, "end"], 1))
    return pytest.mark.parametrize(("step", "name"), numbered, ids=[f"{step}-{name}" for step, name in numbered])


@_steps(_FIRST)
def test_a_first_promotion_that_is_killed_is_completed_once(empty: Any, hands: Any, step: int, name: str) -> None:
    empty.judge(0.6)
    assert hands.kill(empty.promotion(), step) == name
    _again(empty, hands, empty.promotion())
    assert empty.in_use() == ("1", None)
    assert empty.champion().finished
    assert empty.counted == (1, 1, 1, 1)


@_steps(_NEXT)
def test_a_promotion_that_is_killed_is_completed_once(judged: Any, hands: Any, step: int, name: str) -> None:
    assert hands.kill(judged.promotion(), step) == name
    _again(judged, hands, judged.promotion())
    assert judged.in_use() == ("2", "1")
    assert judged.champion().finished
    assert judged.counted == (2, 2, 2, 2)


@_steps(_FIRST)
def test_a_staging_that_is_killed_is_completed_once(empty: Any, hands: Any, step: int, name: str) -> None:
    empty.game.more = "stages: [staging, champion]"
    empty.judge(0.6)

    stage = empty.promotion(stage="staging")
    assert hands.kill(stage, step) == name
    _again(empty, hands, stage)
    assert (empty.champion("staging").version, empty.in_use()) == ("1", (None, None))
    assert empty.champion("staging").finished
    assert empty.counted == (1, 1, 1, 1)


@_steps(_BACK)
def test_a_rollback_that_is_killed_goes_back_once(judged: Any, hands: Any, step: int, name: str) -> None:
    judged.promote()
    assert hands.kill(judged.rollback(), step) == name
    if name != "end":
        assert hands.run(judged.rollback()).said == ""
    assert judged.in_use() == ("1", None)
    assert judged.counted == (2, 2, 3, 3)
    keys = [key for (key,) in judged.ask("SELECT key FROM registered_model_tags WHERE name = ?")]
    assert "ml-ci.rollback" not in keys


def test_a_rollback_that_was_killed_holds_promotions_up(judged: Any, hands: Any) -> None:
    judged.promote()
    judged.judge(0.53)
    assert hands.kill(judged.rollback(), 3) == "delete_registered_model_alias"
    before = judged.everything()
    said = hands.run(judged.promotion()).said
    assert said.startswith(f"a rollback of {judged.model} to v1, begun by Bob at ")
    assert said.endswith(", is not finished")
    assert judged.everything() == before
    assert hands.run(judged.rollback()).said == ""
    assert judged.in_use() == ("1", None)


def test_a_promotion_that_was_killed_holds_a_rollback_up_until_a_person_decides(judged: Any, hands: Any) -> None:
    judged.promote()
    commit = judged.judge(0.53)
    assert hands.kill(judged.promotion(), _NEXT.index(_ALIAS) + 2) == _ALIAS
    before = judged.everything()
    said = hands.run(judged.rollback()).said
    assert said == f"v3 ({commit[:7]}) of {judged.model} is being promoted at the same time"
    after = judged.everything()
    assert {**after, "registered_models": None} == {**before, "registered_models": None}  # but when it was changed last
    assert hands.run(judged.rollback("pending")).said == ""
    assert judged.in_use() == ("1", None)
    assert "the champion of" in hands.run(judged.promotion()).said


def _again(desk: Any, hands: Any, call: Any) -> None:
    """Do it twice more: the first time completes it, the second finds nothing to do."""
    assert hands.run(call).said == ""
    before = desk.everything()
    assert hands.run(call).said == ""
    assert desk.everything() == before
