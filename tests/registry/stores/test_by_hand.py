"""Somebody takes an alias, a version or files out of the registry by hand, on each store: what is said, what helps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import LostChampionError, NoAnswerError, RefusedError
from ml_ci.reports.history import table
from ml_ci.steps.promotion.promote import read_history

_LOST = "the champion of {model} was v{version}, and somebody took the alias away, or its version"


def _client(desk: Any) -> Any:
    return MlflowRegistry(desk.location)._client


def _two(desk: Any) -> None:
    desk.judge(0.55)
    desk.promote()


def _unaliased(desk: Any) -> None:
    _client(desk).delete_registered_model_alias(desk.model, "champion")


def _deleted(desk: Any) -> None:
    _client(desk).delete_model_version(desk.model, "2")


@pytest.mark.parametrize(("spoil", "left"), [(_unaliased, "2"), (_deleted, "1")], ids=("alias", "version"))
def test_a_champion_that_was_taken_away_is_no_first_model(begun: Any, spoil: Any, left: str) -> None:
    _two(begun)
    spoil(begun)
    begun.change(0.53)
    report = begun.run()
    failure = report.models[begun.model].failure
    assert (report.verdict, failure.code) == ("error", "champion-lost")
    assert failure.message == _LOST.format(model=begun.model, version=2)
    assert failure.hint == f"Put back what is left of it: ml-ci rollback {begun.model} --reason 'why'."
    with pytest.raises(LostChampionError):
        begun.champion()
    before = begun.everything()
    with pytest.raises(RefusedError, match=r"the verdict on `.*` is error"):
        begun.promote()
    assert begun.everything() == before
    event = begun.go_back()
    assert (event.version, event.replaced) == (left, None)
    assert begun.in_use() == (left, "1" if left == "2" else None)
    assert begun.run().verdict == "pass"
    begun.promote()
    assert begun.in_use() == ("3", left)


def test_who_begins_anew_says_why(begun: Any) -> None:
    _two(begun)
    begun.change(0.53)
    assert begun.run(baseline=None).verdict == "pass"
    _unaliased(begun)
    before = begun.everything()
    with pytest.raises(RefusedError) as error:
        begun.promote()
    assert error.value.message == _LOST.format(model=begun.model, version=2)
    assert "Or begin anew: ml-ci run --baseline merge-base, then --allow-champion --reason 'why'." in error.value.hint
    assert begun.everything() == before
    assert begun.promote("champion").promoted.event.overrides == ("champion",)
    assert begun.champion().version == "3"


def test_a_champion_that_is_taken_away_twice_is_put_back_twice(begun: Any) -> None:
    for _ in range(2):
        _unaliased(begun)
        begun.go_back()
    assert begun.in_use() == ("1", None)
    assert begun.counted == (1, 1, 3, 3)


def test_the_history_does_not_say_that_it_is_in_use(begun: Any) -> None:
    _unaliased(begun)
    found = _history(begun)
    assert (found.lost, found.foreign, [(stay.current, stay.at_most) for stay in found.stays]) == (
        True,
        False,
        [(False, True)],
    )
    said, _, line = table(found)
    gone = "has no champion: somebody took the alias away, or its version. v1 was the last."
    assert said == f"{begun.model} {gone}"
    assert "≤ " in line
    assert line.endswith("promoted; then somebody moved the alias by hand")


def test_the_history_knows_of_a_move_by_hand_from_what_the_next_one_replaced(begun: Any) -> None:
    _two(begun)
    _client(begun).set_registered_model_alias(begun.model, "champion", "1")
    assert [(stay.event.version, stay.at_most) for stay in _history(begun).stays] == [("2", True), ("1", False)]
    begun.judge(0.53)
    begun.promote()
    found = _history(begun)
    assert [(stay.event.version, stay.current, stay.at_most) for stay in found.stays] == [
        ("3", True, False),
        ("2", False, True),
        ("1", False, False),
    ]


def _history(desk: Any) -> Any:
    return read_history(desk.options(), desk.model, datetime.now(UTC))


def test_without_the_alias_of_the_version_before_it_is_gone_back_to_all_the_same(begun: Any) -> None:
    _two(begun)
    _client(begun).delete_registered_model_alias(begun.model, "previous")
    assert begun.go_back().version == "1"
    assert begun.in_use() == ("1", None)


def test_a_version_before_that_is_gone_is_named(begun: Any) -> None:
    _two(begun)
    _client(begun).delete_model_version(begun.model, "1")
    before = begun.everything()
    with pytest.raises(RefusedError) as error:
        begun.go_back()
    said = "took the place of v1, which the registry has no more: there is nothing to go back to"
    assert said in error.value.message
    assert error.value.hint == f"Promote a better one: ml-ci promote {begun.model}"
    assert begun.everything() == before


def test_beyond_a_version_that_is_gone_it_is_gone_back_to_the_one_before(begun: Any) -> None:
    _two(begun)
    begun.judge(0.53)
    begun.promote()
    _client(begun).delete_model_version(begun.model, "2")
    assert begun.go_back().version == "1"
    assert begun.in_use() == ("1", None)


def test_an_experiment_that_somebody_deleted_is_named(begun: Any) -> None:
    begun.judge(0.55)
    client = _client(begun)
    number = client.get_experiment_by_name(f"ml-ci/{begun.model}").experiment_id
    client.delete_experiment(number)
    before = begun.everything()
    with pytest.raises(NoAnswerError, match=f"somebody deleted the experiment ml-ci/{begun.model}") as error:
        begun.promote()
    assert error.value.hint == f"Bring it back: mlflow experiments restore --experiment-id {number}"
    assert begun.everything() == before
    client.restore_experiment(number)
    begun.promote()
    assert begun.in_use() == ("2", "1")


def test_from_a_version_that_somebody_put_there_it_is_gone_back_to_the_last_champion(begun: Any) -> None:
    _two(begun)
    client = _client(begun)
    known = client.get_model_version(begun.model, "1")
    client.create_model_version(begun.model, known.source, known.run_id)
    client.set_registered_model_alias(begun.model, "champion", "3")
    assert begun.go_back().version == "2"
    assert begun.in_use() == ("2", "1")
