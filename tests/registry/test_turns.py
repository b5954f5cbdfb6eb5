"""Two machines share no lock: a promotion and a rollback, or two promotions, with their steps in any order."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.codec import pack
from ml_ci.registry import audit, promotion, values
from ml_ci.registry import rollback as rolling_back
from ml_ci.registry.promotion import promote
from ml_ci.registry.rollback import rollback
from ml_ci.registry.values import CHAMPION, PREVIOUS, RefusedError

_MOST = 14  # more steps than a promotion or a rollback has


class KilledError(BaseException):
    """Stands for SIGKILL: nothing that catches exceptions may act on it."""


class Board:
    """A registry in memory that lets a test act before any of its steps, readings too."""

    def __init__(self) -> None:
        self.numbered: dict[str, Any] = {}
        self.aliases: dict[str, str] = {}
        self.model_tags: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda verb: None

    def aliased(self, model: str, alias: str) -> Any:
        self.before(f"aliased {alias}")
        return self.numbered.get(self.aliases.get(alias, ""))

    def versions(self, model: str) -> Any:
        self.before("versions")
        return tuple(self.numbered.values())

    def log(self, offer: Any) -> str:
        self.before("log")
        return "run"

    def register(self, offer: Any, run: str) -> Any:
        self.before("register")
        number = str(len(self.numbered) + 1)
        self.numbered[number] = values.Version(offer.model, number, tags=dict(offer.tags))
        return self.numbered[number]

    def point(self, model: str, alias: str, version: str) -> None:
        self.before(f"point {alias}")
        self.aliases[alias] = version

    def unpoint(self, model: str, alias: str) -> None:
        self.before(f"unpoint {alias}")
        self.aliases.pop(alias, None)

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        self.before(f"tag {key}")
        found = self.numbered[version]
        self.numbered[version] = replace(found, tags={**found.tags, key: value})

    def tags(self, model: str) -> Any:
        self.before("tags")
        return dict(self.model_tags)

    def tag_model(self, model: str, key: str, value: str) -> None:
        self.before(f"tag_model {key}")
        self.model_tags[key] = value

    def untag_model(self, model: str, key: str) -> None:
        self.before(f"untag_model {key}")
        self.model_tags.pop(key, None)

    def download(self, version: Any, part: str | None, to: Path) -> Path:
        raise NotImplementedError

    @property
    def moves(self) -> int:
        return len([key for key in self.model_tags if key.startswith(values.MOVE)])

    @property
    def in_use(self) -> tuple[str | None, str | None]:
        return self.aliases.get(CHAMPION), self.aliases.get(PREVIOUS)


def offer_of(name: str, replaces: str, **more: Any) -> Any:
    event = values.Event(name, "promotion", "m", "2026-01-01T00:00:00+00:00", name, "", replaced=None, commit="c" * 40)
    tags = {
        values.PROMOTION: name,
        values.TRAINING: name,
        values.FINGERPRINT: "{}",
        values.REPLACES: replaces,
        values.EVENT: json.dumps(pack(event)),
    }
    return values.Offer(name, "m", event, replaces, tags, Path("none"), **more)


def promotes(board: Board, name: str = "own", replaces: str = "2", **more: Any) -> str:
    """Promote; give what a refusal says, "" for none."""
    try:
        promote(board, offer_of(name, replaces, **more), Path("none"))
    except RefusedError as error:
        return error.message
    return ""


def goes_back(board: Board, *, by: str = "Bob", take_over: bool = False) -> str:
    try:
        rollback(board, "m", Path("none"), by=by, reason="wrong", time=f"2026-01-02 {by}", take_over=take_over)
    except RefusedError as error:
        return error.message
    return ""


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Board]:
    """Give boards on which v2 is champion and v1 was before it; the audit log is a step like any other."""
    monkeypatch.setattr(promotion, "_PAUSE", 0)
    told: list[Board] = []
    monkeypatch.setattr(audit, "append", lambda state, event: told[-1].before("audit"))

    def made() -> Board:
        found = Board()
        told.append(found)
        assert (promotes(found, "first", "none"), promotes(found, "second", "1")) == ("", "")
        assert (found.in_use, found.moves) == (("2", "1"), 2)
        return found

    return made


class Turns:
    """Lets several calls on one board take turns, step by step."""

    def __init__(self, board: Board, calls: list[Callable[[], str]]) -> None:
        self.ended: dict[int, str] = {}
        self._go = [threading.Semaphore(0) for _ in calls]
        self._back = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._work, args=(one, call)) for one, call in enumerate(calls)]
        self._whose = {thread: one for one, thread in enumerate(self._threads)}
        board.before = self._wait
        for thread in self._threads:
            thread.start()
            self._back.acquire()  # it stands before its first step

    def take(self, whose: int, steps: int) -> None:
        """Let one of them do some steps; one that has ended does nothing."""
        for _ in range(steps):
            if whose in self.ended:
                return
            self._go[whose].release()
            self._back.acquire()

    def _wait(self, verb: str) -> None:
        self._back.release()
        self._go[self._whose[threading.current_thread()]].acquire()  # type: ignore[index]

    def _work(self, whose: int, call: Callable[[], str]) -> None:
        self.ended[whose] = call()
        self._back.release()


def _taking_turns(board: Board, calls: list[Callable[[], str]], turns: tuple[int, ...]) -> list[str]:
    """Let the first do some steps, then the second, and so on in turn; then each in turn to its end."""
    taken = Turns(board, calls)
    for number, steps in enumerate(turns):
        taken.take(number % 2, steps)
    for whose in (len(turns) % 2, 1 - len(turns) % 2):
        taken.take(whose, 1000)
    board.before = lambda verb: None
    return [taken.ended[whose] for whose in range(len(calls))]


_LEFT = {
    ("promoted", "refused"): (("3", "2"), 3),
    ("refused", "rolled back"): (("1", None), 3),
    ("promoted", "rolled back"): (("2", "1"), 4),  # one after the other
    ("refused", "refused"): (("2", "1"), 2),  # each saw the other
}


def _check(board: Board, promotion: str, back: str, when: object) -> None:
    known = ("refused" if promotion else "promoted", "refused" if back else "rolled back")
    assert (board.in_use, board.moves) == _LEFT[known], (when, promotion, back)
    assert values.INTENT not in board.model_tags, when
    assert all(one.finished for one in board.numbered.values()), (when, board.numbered)


# How often they take turns: each number is how many steps one of them does. All of them is a matter of a minute.
_TURNS = [pytest.param(2, id="few"), pytest.param(3, id="many", marks=pytest.mark.slow)]


@pytest.mark.parametrize("repeat", _TURNS)
@pytest.mark.parametrize("begins", ["promotion", "rollback"])
def test_a_promotion_and_a_rollback_in_any_order_are_one_after_the_other_or_refused(
    board: Callable[[], Board], begins: str, repeat: int
) -> None:
    seen = set()
    for turns in itertools.product(range(_MOST), repeat=repeat):
        found = board()
        calls = [lambda found=found: promotes(found), lambda found=found: goes_back(found)]
        if begins == "promotion":
            promotion, back = _taking_turns(found, calls, turns)
        else:
            back, promotion = _taking_turns(found, calls[::-1], turns)
        _check(found, promotion, back, turns)
        seen.add((bool(promotion), bool(back)))
    assert seen >= {(False, True), (True, False), (False, False), (True, True)}


@pytest.mark.parametrize("repeat", _TURNS)
def test_two_rollbacks_in_any_order_go_back_once(board: Callable[[], Board], repeat: int) -> None:
    for turns in itertools.product(range(_MOST), repeat=repeat):
        found = board()
        calls = [lambda found=found, by=by: goes_back(found, by=by) for by in ("Ada", "Bob")]
        said = _taking_turns(found, calls, turns)
        assert (found.in_use, found.moves) == (("1", None), 3), (turns, said)
        assert said.count("") >= 1, (turns, said)
        assert values.INTENT not in found.model_tags, (turns, said)


@pytest.mark.parametrize("repeat", _TURNS)
def test_of_two_promotions_in_any_order_one_is_refused(board: Callable[[], Board], repeat: int) -> None:
    for turns in itertools.product(range(_MOST), repeat=repeat):
        found = board()
        calls = [lambda found=found, name=name: promotes(found, name) for name in ("one", "two")]
        said = _taking_turns(found, calls, turns)
        won = said.index("")
        assert said[1 - won], (turns, said)
        assert found.numbered[found.aliases[CHAMPION]].training == ("one", "two")[won]
        assert (found.aliases[PREVIOUS], found.moves) == ("2", 3)
        assert all(one.finished for one in found.numbered.values())


def _killed(board: Board, call: Callable[[], str], step: int) -> str | None:
    """Call, and be killed before a step of this number; None then."""
    done = itertools.count(1)

    def die(verb: str) -> None:
        if next(done) == step:
            raise KilledError

    board.before = die
    try:
        return call()
    except KilledError:
        return None
    finally:
        board.before = lambda verb: None


def _steps(board: Callable[[], Board], call: Callable[[Board], str]) -> Iterator[tuple[int, Board]]:
    """Give boards on which a call was killed before its first step, its second, … until it has no more."""
    for step in range(1, 99):
        found = board()
        if _killed(found, lambda found=found: call(found), step) is not None:
            assert step > 5
            return
        yield step, found


def test_a_promotion_that_is_killed_is_completed_or_taken_back_whole(board: Callable[[], Board]) -> None:
    """A rollback comes between the kill and the second try: refused while it cannot know what becomes of it."""
    said = set()
    for step, found in _steps(board, promotes):
        moved = found.in_use[0] == "3"
        back = goes_back(found)
        again = promotes(found)
        said.add(back)
        if moved:
            assert (found.in_use, found.moves, back) == (("2", "1"), 4, ""), step
            assert again == "v3 of m was withdrawn or rolled back meanwhile", step
        else:
            _check(found, again, back, step)
    assert said == {"", "v3 of m is being promoted at the same time"}


@pytest.mark.slow
@pytest.mark.parametrize("begins", [0, 1], ids=["promotion", "rollback"])
def test_a_promotion_that_is_tried_again_while_a_rollback_goes_on(board: Callable[[], Board], begins: int) -> None:
    for step, _ in _steps(board, promotes):
        for turns in itertools.product(range(_MOST), repeat=2):
            found = board()
            _killed(found, lambda found=found: promotes(found), step)
            moved = found.in_use[0] == "3"
            calls = [lambda found=found: promotes(found), lambda found=found: goes_back(found)]
            said = _taking_turns(found, calls[::-1] if begins else calls, turns)
            promotion, back = said[::-1] if begins else said
            if moved and promotion and not back:
                promotion = ""  # it had been in use before
            if promotion and back and found.in_use == ("2", "2"):
                assert goes_back(found) == "", "killed between its two moves; what was before is known all the same"
                back = ""
            _check(found, promotion, back, (step, turns))


def test_a_rollback_may_withdraw_a_promotion_that_was_killed(board: Callable[[], Board]) -> None:
    for step, found in _steps(board, promotes):
        assert goes_back(found, take_over=True) == "", step
        assert found.in_use in (("1", None), ("2", "1")), step
        assert found.moves == (3 if found.in_use == ("1", None) else 4), step
        assert all(one.finished for one in found.numbered.values()), step
        assert re.search("moved|was withdrawn or rolled back", promotes(found)), step


def test_a_rollback_that_is_killed_holds_promotions_up_and_is_completed_once(board: Callable[[], Board]) -> None:
    said = set()
    for step, found in _steps(board, goes_back):
        was = found.in_use
        held_up = values.INTENT in found.model_tags
        again = promotes(found)
        said.add(again)
        if held_up:
            assert again, step
            assert found.in_use == was, step
            assert goes_back(found, by="Eve") == "", step
            assert (found.in_use, found.moves) == (("1", None), 3), step
        else:
            assert (again, found.in_use) == (
                ("", ("3", "2")) if found.moves == 3 and was == ("2", "1") else (again, was)
            )
    assert "a rollback of m to v1, begun by Bob at 2026-01-02 Bob, is not finished" in said


class Slow(Board):
    """A board where the move of an alias that is under way arrives while another machine waits."""

    under_way: list[tuple[str, str]]

    def point(self, model: str, alias: str, version: str) -> None:
        self.under_way.append((alias, version))
        self.before(f"point {alias}")
        if (alias, version) in self.under_way:
            self.under_way.remove((alias, version))
            self.aliases[alias] = version

    def arrive(self) -> None:
        self.aliases |= dict(self.under_way)
        self.under_way.clear()


def _held(found: Board, step: int, then: Callable[[], str]) -> tuple[str, ...]:
    """Hold a promotion before a step, do the other thing, go on; give what each said."""
    steps, said = itertools.count(), list[str]()

    def hold(verb: str) -> None:
        if next(steps) == step:
            found.before = lambda verb: None
            said.append(then())

    found.before = hold
    return promotes(found), *said


@pytest.mark.parametrize(
    "then",
    [lambda found: promotes(found, "other", take_over=True), lambda found: goes_back(found, take_over=True)],
    ids=["promotion", "rollback"],
)
def test_a_promotion_that_is_withdrawn_while_it_is_at_work_stops(
    board: Callable[[], Board], then: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for dead. Held before any of its steps it is alive: it moves nothing any more, and says why."""
    said = set()
    for step in range(2 * _MOST):
        found: Any = board()
        found.__class__, found.under_way = Slow, []
        for module in (promotion, rolling_back):
            monkeypatch.setattr(module, "pause", found.arrive)
        own, *others = _held(found, step, partial(then, found))
        if not others:
            break
        said.add(own)
        assert values.INTENT not in found.model_tags, step
        champion = found.numbered[found.in_use[0] or ""]
        assert values.PROMOTED in champion.tags, (step, own, others)
        own_is_in_use = champion.tags[values.PROMOTION] == "own"
        assert own_is_in_use == (own == "" and others != [""]), (step, own, others)
    assert "v3 of m was withdrawn or rolled back meanwhile" in said


def test_a_promotion_that_nobody_finishes_is_withdrawn_by_a_person(board: Callable[[], Board]) -> None:
    found = board()
    found.register(offer_of("dead", "2"), "run")
    assert promotes(found).startswith("v3 of m is being promoted at the same time")
    assert promotes(found, take_over=True) == ""
    assert found.in_use == ("5", "2")
