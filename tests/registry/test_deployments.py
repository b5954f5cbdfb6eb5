"""Who may begin a deployment, and what is known of one: on a registry in memory, disturbed between its steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_ci.records.codec import pack
from ml_ci.registry.deployments import begin, end, find_begun, find_deployed, find_done, write
from ml_ci.registry.history import list_tries
from ml_ci.registry.values import DEPLOYMENT, MOVE, Event, NoAnswerError, RefusedError, Try, Version

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MOVED = Event("move-1", "promotion", "m", "2026-03-04T11:00:00+00:00", "Ada", "1")


class Memory:
    """What a deployment asks of a registry, in memory; `after` is called when a try was written, to disturb."""

    def __init__(self) -> None:
        self.of_model: dict[str, str] = {MOVE + MOVED.id: json.dumps(pack(MOVED))}
        self.champion: Version | None = Version("m", "1")
        self.marked: list[tuple[str, str]] = []
        self.after: Callable[[], None] = lambda: None

    def aliased(self, model: str, alias: str) -> Version | None:
        return self.champion

    def tags(self, model: str) -> Mapping[str, str]:
        return dict(self.of_model)

    def tag_model(self, model: str, key: str, value: str) -> None:
        disturb, self.after = self.after, lambda: None
        if key.startswith(DEPLOYMENT) and '"state": "begun"' in value:
            self.of_model[key] = value  # what disturbs comes after it
            disturb()
        else:
            disturb()
            self.of_model[key] = value

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        self.marked.append((version, key))

    def states(self) -> dict[str, str]:
        return {one.id: one.state for one in list_tries("m", self.of_model)}


def one(name: str, **given: Any) -> Try:
    known = {"deployment": "d1", "job": "deploy", "move": MOVED.id, "version": "1", "place": "here", "by": "Ada"}
    times = {"begun": NOW.isoformat(), "until": (NOW + timedelta(hours=1)).isoformat()}
    return Try(**{"id": name, **known, **times, **given})


@pytest.fixture
def registry() -> Any:
    return Memory()


def test_a_try_is_known_before_its_job_starts_and_how_it_ended_after(registry: Any) -> None:
    assert begin(registry, "m", one("a"), NOW) is None
    assert registry.states() == {"a": "begun"}
    end(registry, "m", one("a"), "done", NOW.isoformat())
    assert registry.states() == {"a": "done"}
    assert registry.marked == [("1", "ml-ci.deployed.deploy")]


@pytest.mark.parametrize(
    ("before", "refused", "unknown"),
    [
        ({}, "", "b"),  # begun at this very place: it was stopped
        ({"place": "run 7"}, "is not known to have ended", None),
        ({"place": "run 7", "until": NOW.isoformat()}, "", "b"),
        ({"place": "run 7", "state": "failed"}, "", None),
        ({"place": "run 7", "job": "announce", "deployment": "d9"}, "", None),  # another job: it is no rival
        ({"place": "run 7", "deployment": "d0", "version": "0"}, "begun for v0 of m", None),  # of another version: one
        ({"deployment": "d0", "version": "0"}, "", None),
    ],
)
def test_what_was_begun_before_is_told_or_is_waited_for(
    registry: Any, before: dict[str, str], refused: str, unknown: str | None
) -> None:
    write(registry, "m", one("b", **before))
    if refused:
        with pytest.raises(RefusedError, match=refused) as error:
            begin(registry, "m", one("a"), NOW)
        assert "--allow-pending --reason" in error.value.hint
        assert registry.states() == {"b": "begun"}, "nothing was begun"
        found = begin(registry, "m", one("a"), NOW, take_over=True)
        assert registry.states() == {"b": "lost", "a": "begun"}
        assert (found is not None) == (before.get("deployment") is None)
        return
    found = begin(registry, "m", one("a"), NOW)
    assert (None if found is None else found.id) == unknown
    assert registry.states()["a"] == "begun"


def _rival(registry: Any) -> None:
    write(registry, "m", one("b", place="run 7"))


def _done(registry: Any) -> None:
    write(registry, "m", one("b", place="run 7", state="done", ended=NOW.isoformat()))


def _moved(registry: Any) -> None:
    event = replace(MOVED, id="move-2", version="2", time="2026-03-04T11:30:00+00:00")
    registry.of_model[MOVE + event.id] = json.dumps(pack(event))
    registry.champion = Version("m", "2")


@pytest.mark.parametrize(
    ("disturb", "said"),
    [
        (_rival, "is not known to have ended"),
        (_done, "was done for v1 of m at the same time"),
        (_moved, "the champion of m moved: v1 is not deployed"),
    ],
)
def test_of_two_at_the_same_time_one_at_least_takes_its_word_back(
    registry: Any, disturb: Callable[[Any], None], said: str
) -> None:
    registry.after = lambda: disturb(registry)
    with pytest.raises(RefusedError, match=said):
        begin(registry, "m", one("a"), NOW)
    assert registry.states()["a"] == "withdrawn"


@pytest.mark.parametrize(("silent", "told"), [(0, True), (3, True), (4, False)])
def test_how_a_job_ended_is_told_to_a_registry_that_is_silent_for_a_while(
    registry: Any, monkeypatch: pytest.MonkeyPatch, silent: int, told: bool
) -> None:
    monkeypatch.setattr("ml_ci.registry.deployments._PAUSES", (0.0, 0.0, 0.0))
    begin(registry, "m", one("a"), NOW)
    left = [silent]

    def answer() -> None:
        if left[0]:
            left[0] -= 1
            registry.after = answer
            raise NoAnswerError("it does not answer")

    registry.after = answer
    if told:
        end(registry, "m", one("a"), "done", NOW.isoformat())
        assert registry.states() == {"a": "done"}
        return
    with pytest.raises(
        NoAnswerError, match=r"the job deploy of m v1 ended \(done\), and nobody could be told: it"
    ) as error:
        end(registry, "m", one("a"), "done", NOW.isoformat())
    assert "finds in ML_CI_BEGUN" in error.value.hint


def test_what_is_deployed_is_what_ended_well_last() -> None:
    tries = [
        one("a", state="done", ended="2026-03-04T12:00:00.000002+00:00", version="1"),
        one("b", state="done", ended="2026-03-04T12:00:00.000001+00:00", version="2", deployment="d2"),
        one("c", state="failed", ended="2026-03-04T13:00:00+00:00", version="3", deployment="d3"),
        one("d", state="lost", version="4", deployment="d4"),
        one("e", state="done", ended="2026-03-04T14:00:00+00:00", job="announce", deployment="d5"),
    ]
    found = find_deployed(tries, "deploy")
    assert found is not None
    assert found.id == "a"
    assert find_deployed(tries, "other") is None
    assert [bool(find_done(tries, name)) for name in ("d1", "d2", "d3", "d4")] == [True, True, False, False]
    assert [bool(find_begun(tries, name)) for name in ("d1", "d2", "d3", "d4")] == [False, False, False, True]


@pytest.mark.parametrize("text", ["{}", "no JSON", "[]", json.dumps({**pack(one("a")), "until": "soon"})])
def test_a_damaged_try_is_an_error_by_name(text: str) -> None:
    with pytest.raises(NoAnswerError, match=f"the tag {DEPLOYMENT}x of m is damaged"):
        list_tries("m", {DEPLOYMENT + "x": text})
