"""The steps of a promotion, on a registry in memory: who is first, who is withdrawn, what is never moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ml_ci.records.codec import pack
from ml_ci.registry import audit
from ml_ci.registry.intent import Intent
from ml_ci.registry.promotion import event_of, finish, promote, unfinished
from ml_ci.registry.values import (
    CHAMPION,
    EVENT,
    FINGERPRINT,
    INTENT,
    MOVE,
    NONE,
    PREVIOUS,
    PROMOTED,
    PROMOTION,
    REPLACES,
    ROLLED_BACK,
    STAGE,
    TRAINING,
    WITHDRAWN,
    Event,
    NoAnswerError,
    Offer,
    RefusedError,
    Version,
)

WHEN = "2026-01-02T03:04:05+00:00"
AGAIN = "Compare with the champion that there is now: ml-ci run --baseline champion, then promote again."


class Memory:
    """What `Registry` says, kept in memory; `before` is called with each verb and its arguments, to disturb."""

    def __init__(self) -> None:
        self.known: dict[str, Version] = {}
        self.aliases: dict[str, str] = {}
        self.of_model: dict[str, str] = {}
        self.before: Callable[..., None] = lambda verb, *said: None

    def aliased(self, model: str, alias: str) -> Version | None:
        return self.known.get(self.aliases.get(alias, ""))

    def versions(self, model: str) -> tuple[Version, ...]:
        return tuple(self.known.values())

    def log(self, offer: Offer) -> str:
        return "run"

    def register(self, offer: Offer, run: str) -> Version:
        return self.add(offer.tags)

    def add(self, tags: Mapping[str, str], number: str = "") -> Version:
        made = Version("m", number or str(len(self.known) + 1), tags=dict(tags))
        self.known[made.version] = made
        return made

    def point(self, model: str, alias: str, version: str) -> None:
        self.before("point", alias, version)
        self.aliases[alias] = version

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        self.known[version] = replace(self.known[version], tags={**self.known[version].tags, key: value})

    def tags(self, model: str) -> Mapping[str, str]:
        return self.of_model

    def tag_model(self, model: str, key: str, value: str) -> None:
        self.of_model[key] = value

    def with_tag(self, key: str) -> list[str]:
        return [one.version for one in self.known.values() if key in one.tags]


def tags(name: str, replaces: str = NONE, stage: str = CHAMPION, *done: str) -> dict[str, str]:
    """Give the tags of a promotion by its id."""
    event = Event(name, "promotion", "m", WHEN, "Ada", "", None if replaces == NONE else replaces, stage=stage)
    said = {
        PROMOTION: name,
        TRAINING: f"t-{name}",
        FINGERPRINT: "{}",
        REPLACES: replaces,
        EVENT: json.dumps(pack(event)),
    }
    return said | ({} if stage == CHAMPION else {STAGE: stage}) | dict.fromkeys(done, WHEN)


def offer(name: str, replaces: str = NONE, stage: str = CHAMPION, take_over: bool = False) -> Offer:
    event = Event(name, "promotion", "m", WHEN, "Ada", "", None if replaces == NONE else replaces, stage=stage)
    return Offer(name, "m", event, replaces, tags(name, replaces, stage), Path(), take_over=take_over)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Memory:
    monkeypatch.setattr("ml_ci.registry.promotion._PAUSE", 0.0)
    return Memory()


@pytest.fixture
def held(registry: Memory) -> Memory:
    """Give a registry whose champion is version 1."""
    registry.add(tags("first", NONE, CHAMPION, PROMOTED))
    registry.aliases[CHAMPION] = "1"
    return registry


def refused(registry: Memory, asked: Offer, state: Path) -> RefusedError:
    """Be refused, and leave the aliases as they were."""
    aliases = dict(registry.aliases)
    with pytest.raises(RefusedError) as error:
        promote(registry, asked, state)  # type: ignore[arg-type]
    assert registry.aliases == aliases
    assert audit.read(state) == []
    return error.value


def test_a_first_model_becomes_champion_and_nothing_previous(registry: Memory, tmp_path: Path) -> None:
    done = promote(registry, offer("a"), tmp_path)  # type: ignore[arg-type]
    assert (done.moved, done.version.version, done.event.version) == (True, "1", "1")
    assert registry.aliases == {CHAMPION: "1"}
    assert registry.with_tag(PROMOTED) == ["1"]
    assert json.loads(registry.of_model[MOVE + "a"])["version"] == "1"
    assert [json.loads(line)["id"] for line in audit.read(tmp_path)] == ["a"]


def test_what_was_champion_is_kept_as_the_previous_one(held: Memory, tmp_path: Path) -> None:
    promote(held, offer("b", "1"), tmp_path)  # type: ignore[arg-type]
    assert held.aliases == {CHAMPION: "2", PREVIOUS: "1"}


def test_a_stage_has_no_previous_one(held: Memory, tmp_path: Path) -> None:
    held.add(tags("s", NONE, "staging", PROMOTED))
    held.aliases["staging"] = "2"
    promote(held, offer("b", "2", "staging"), tmp_path)  # type: ignore[arg-type]
    assert held.aliases == {CHAMPION: "1", "staging": "3"}


def test_the_same_promotion_again_registers_nothing_twice(held: Memory, tmp_path: Path) -> None:
    for _ in range(2):
        promote(held, offer("b", "1"), tmp_path)  # type: ignore[arg-type]
    assert list(held.known) == ["1", "2"]
    assert len(audit.read(tmp_path)) == 1


def test_a_promotion_that_was_stopped_goes_on_with_its_version(held: Memory, tmp_path: Path) -> None:
    held.add(tags("b", "1"))
    assert promote(held, offer("b", "1"), tmp_path).version.version == "2"  # type: ignore[arg-type]
    assert (held.aliases, held.with_tag(PROMOTED)) == ({CHAMPION: "2", PREVIOUS: "1"}, ["1", "2"])


def test_a_promotion_that_was_withdrawn_begins_anew(held: Memory, tmp_path: Path) -> None:
    held.add(tags("b", "1", CHAMPION, WITHDRAWN))
    assert promote(held, offer("b", "1"), tmp_path).version.version == "3"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("replaces", "said"),
    [(NONE, "judged there was none, it is v1 now"), ("7", "judged it was v7, it is v1 now")],
)
def test_a_champion_that_moved_before_is_refused_and_nothing_registered(
    held: Memory, tmp_path: Path, replaces: str, said: str
) -> None:
    error = refused(held, offer("b", replaces), tmp_path)
    assert error.message == f"the champion of m moved: when this model was {said}"
    assert (error.hint, list(held.known)) == (AGAIN, ["1"])


def test_a_champion_that_went_away_is_refused(registry: Memory, tmp_path: Path) -> None:
    assert refused(registry, offer("b", "1"), tmp_path).message.endswith("judged it was v1, there is none now")


def test_a_champion_that_moved_after_it_was_begun_withdraws_it(held: Memory, tmp_path: Path) -> None:
    held.add(tags("b", "1"))
    held.add(tags("c", "1", CHAMPION, PROMOTED))
    held.aliases[CHAMPION] = "3"
    assert refused(held, offer("b", "1"), tmp_path).message.endswith("judged it was v1, it is v3 now")
    assert held.with_tag(WITHDRAWN) == ["2"]


@pytest.mark.parametrize(
    ("number", "other", "is_rival"),
    [
        ("9", tags("x", "1"), True),
        ("11", tags("x", "1"), False),  # it came later
        ("9", tags("x", "1", CHAMPION, PROMOTED), False),  # it is done
        ("9", tags("x", "1", CHAMPION, WITHDRAWN), False),
        ("9", tags("x", "1", "staging"), False),  # of another stage
        ("9", tags("x", NONE), False),  # of another champion
        ("9", {}, False),  # somebody else's
    ],
    ids=["rival", "later", "done", "withdrawn", "stage", "champion", "foreign"],
)
@pytest.mark.parametrize("take_over", [False, True])
def test_of_two_that_replace_the_same_champion_the_lower_number_wins(
    held: Memory, tmp_path: Path, number: str, other: dict[str, str], is_rival: bool, take_over: bool
) -> None:
    """As numbers: 9 is lower than 10, and as text it is not."""
    held.add(other, number)
    held.add(tags("b", "1"), "10")
    withdrawn = held.with_tag(WITHDRAWN)
    asked = offer("b", "1", take_over=take_over)
    if is_rival and not take_over:
        error = refused(held, asked, tmp_path)
        assert error.message == f"v{number} of m is being promoted at the same time, and was first"
        assert "--allow-pending" in error.hint
        assert held.with_tag(WITHDRAWN) == ["10"]
        return
    promote(held, asked, tmp_path)  # type: ignore[arg-type]
    assert held.aliases[CHAMPION] == "10"
    assert held.with_tag(WITHDRAWN) == [*withdrawn, *([number] if is_rival else [])]


@pytest.mark.parametrize(("stage", "stops"), [(CHAMPION, True), ("staging", False)])
def test_a_rollback_that_is_under_way_stops_what_becomes_champion(
    held: Memory, tmp_path: Path, stage: str, stops: bool
) -> None:
    event = Event("r", "rollback", "m", WHEN, "Bob", "1")
    held.of_model[INTENT] = json.dumps(pack(Intent(event, None)))
    asked = offer("b", "1" if stage == CHAMPION else NONE, stage)
    if stops:
        error = refused(held, asked, tmp_path)
        assert error.message == f"a rollback of m to v1, begun by Bob at {WHEN}, is not finished"
        assert held.with_tag(WITHDRAWN) == ["2"]
    else:
        promote(held, asked, tmp_path)  # type: ignore[arg-type]
        assert held.aliases == {CHAMPION: "1", "staging": "2"}


@pytest.mark.parametrize("mark", [WITHDRAWN, ROLLED_BACK])
@pytest.mark.parametrize(("alias", "left"), [(PREVIOUS, {CHAMPION: "1", PREVIOUS: "1"}), (None, {CHAMPION: "1"})])
def test_what_is_withdrawn_meanwhile_does_not_move_the_champion(
    held: Memory, tmp_path: Path, mark: str, alias: str | None, left: dict[str, str]
) -> None:
    """Before the first alias, and between the two."""
    held.add(tags("b", "1"))

    def withdraw(verb: str, *said: str) -> None:
        if said[0] == alias:
            held.tag("m", "2", mark, "true")

    held.before = withdraw
    if alias is None:
        held.tag("m", "2", ROLLED_BACK, "true")
    with pytest.raises(RefusedError, match="v2 of m was withdrawn or rolled back meanwhile"):
        promote(held, offer("b", "1"), tmp_path)  # type: ignore[arg-type]
    assert (held.aliases, audit.read(tmp_path)) == (left, [])


@pytest.mark.parametrize("take_over", [False, True])
def test_what_was_rolled_back_takes_nobodys_place(held: Memory, tmp_path: Path, take_over: bool) -> None:
    held.add(tags("x", "1"))
    held.add(tags("b", "1", CHAMPION, ROLLED_BACK))
    error = refused(held, offer("b", "1", take_over=take_over), tmp_path)
    assert error.message == "v3 of m was withdrawn or rolled back meanwhile"
    assert held.with_tag(WITHDRAWN) == []


def test_what_is_read_back_is_what_was_moved(held: Memory, tmp_path: Path) -> None:
    own = held.add(tags("b", "1"))
    with pytest.raises(RefusedError, match="the champion of m is v1, and should be v2") as error:
        finish(held, own, tmp_path)  # type: ignore[arg-type]
    assert (error.value.hint, audit.read(tmp_path), held.with_tag(PROMOTED)) == (AGAIN, [], ["1"])
    held.aliases.clear()
    with pytest.raises(RefusedError, match="the champion of m is nothing, and should be v2"):
        finish(held, own, tmp_path)  # type: ignore[arg-type]
    held.tag("m", "2", PROMOTED, WHEN)  # a rollback finished it, and took it back
    assert finish(held, own, tmp_path).version == "2"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (tags("a"), True),
        (tags("a", NONE, CHAMPION, PROMOTED), False),
        (tags("a", NONE, CHAMPION, WITHDRAWN), False),
        ({}, False),
        ({PROMOTION: "a"}, False),
    ],
)
def test_what_is_unfinished(made: dict[str, str], expected: bool) -> None:
    assert unfinished(Version("m", "1", tags=made)) is expected


@pytest.mark.parametrize("said", [None, "{", "[]", '{"id": 1}', "null"])
def test_damaged_tags_are_told(said: str | None) -> None:
    made = tags("a") | ({} if said is None else {EVENT: said})
    if said is None:
        del made[EVENT]
    with pytest.raises(NoAnswerError, match="the tags of m v4 are damaged"):
        event_of(Version("m", "4", tags=made))
    assert event_of(Version("m", "4", tags=tags("a"))).version == "4"
