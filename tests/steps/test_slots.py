from __future__ import annotations

import threading
import time
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.errors import Failure, StageFailed
from ml_ci.steps.journal import Journal
from ml_ci.steps.slots import Slots, StoppedError
from ml_ci.steps.values import Options, Project
from ml_ci.steps.working.side_by_side import hand_out, hand_out_ahead, make_stoppable, work_side_by_side


def project(slots: Slots) -> Any:
    """Give what of a project is handed out: its slots, journal, options and stops."""
    rest: Any = dict.fromkeys(("spec", "repository", "tree", "head", "dirty", "store", "judging", "copies"))
    return Project(**{**rest, "options": Options(None)}, slots=slots)  # type: ignore[arg-type]


class Seen:
    """Count how many are at work at once."""

    def __init__(self) -> None:
        self.now = self.most = self.done = 0
        self._lock = threading.Lock()

    def work(self, seconds: float = 0.005) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(seconds)
        with self._lock:
            self.now -= 1
            self.done += 1


# Trees of work: a number is a job, a list hands out what is in it, and does a job of its own before and after.
TREES = st.recursive(st.just(0), lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


@settings(max_examples=40)
@given(st.lists(TREES, min_size=1, max_size=5), st.integers(1, 4))
def test_however_deep_work_is_handed_out_no_more_is_done_at_once(trees: list[Any], jobs: int) -> None:
    seen = Seen()

    def do(tree: Any, own: Project) -> int:
        seen.work(0.001)
        if tree == 0:
            return 1
        found = sum(hand_out(own, [lambda inner, one=one: do(one, inner) for one in tree]))  # type: ignore[misc]
        seen.work(0.001)
        return 1 + found

    def size(tree: Any) -> int:
        return 1 if tree == 0 else 1 + sum(map(size, tree))

    whole, stop = make_stoppable(project(Slots(jobs)))
    names = [str(number) for number in range(len(trees))]
    done = work_side_by_side(whole, names, {}, lambda name: do(trees[int(name)], whole), stop)
    assert [done[name] for name in names] == [size(tree) for tree in trees]
    assert seen.most <= jobs


def test_what_was_begun_is_finished_before_more_is_begun() -> None:
    order: list[str] = []
    whole, stop = make_stoppable(project(Slots(2)))

    def do(name: str) -> None:
        order.append(f"{name} begins")
        hand_out(whole, [lambda own: time.sleep(0.02)] * 4)
        order.append(f"{name} ends")

    work_side_by_side(whole, list("abcdef"), {}, do, stop)
    open_now = most = 0
    for line in order:
        open_now += 1 if line.endswith("begins") else -1
        most = max(most, open_now)
    assert most <= 2


def test_results_and_the_journal_are_in_the_order_of_the_pieces_and_not_of_their_ends() -> None:
    whole, _ = make_stoppable(project(Slots(3)))

    def piece(number: int) -> Any:
        def do(own: Project) -> int:
            with own.journal.noting("train", "candidate", f"m{number}"):
                time.sleep(0.05 * (3 - number))
            own.journal.note_asked(number)
            return number

        return do

    assert hand_out(whole, [piece(number) for number in range(3)]) == [0, 1, 2]
    assert [deed.model for deed in whole.journal.deeds] == ["m0", "m1", "m2"]
    assert whole.journal.asked == 3


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_first_failure_is_raised_as_if_they_had_been_done_one_after_another(jobs: int) -> None:
    whole, _ = make_stoppable(project(Slots(jobs)))
    ended: list[str] = []
    failing = Event()

    def slow_and_wrong(own: Project) -> None:
        failing.wait(0 if jobs == 1 else 60)
        own.journal.note("first")
        raise StageFailed(Failure("training", "job-exit", "the first"))

    def wrong(own: Project) -> None:
        own.journal.note("second")
        failing.set()
        raise StageFailed(Failure("training", "job-exit", "the second"))

    def endless(own: Project) -> None:
        while True:
            try:
                own.options.progress.tick("m", 0.0, 0.0, "")
            except StoppedError:
                ended.append("stopped")
                raise
            time.sleep(0.01)

    with pytest.raises(StageFailed, match="the first"):
        hand_out(whole, [slow_and_wrong, wrong, endless])
    assert ended == ([] if jobs == 1 else ["stopped"])
    assert whole.journal.notes == ("first",), "what stands behind a failure was never done"
    hand_out_ahead(whole, [slow_and_wrong, wrong])  # told when it is asked for


def test_the_end_of_a_run_reaches_what_waits_for_a_slot_and_what_was_handed_out_further() -> None:
    whole, stop = make_stoppable(project(Slots(1)))
    whole.slots.number = 2
    begun = Event()

    def endless(own: Project) -> None:
        begun.set()
        while True:
            own.options.progress.tick("m", 0.0, 0.0, "")
            time.sleep(0.01)

    def outer(own: Project) -> None:
        hand_out(own, [endless] * 5)

    threading.Thread(target=lambda: (begun.wait(60), stop.set()), daemon=True).start()
    with pytest.raises(StoppedError):
        hand_out(whole, [outer, outer])
    assert whole.slots._used == 0


def test_slots_are_asked_for_once_there_is_work_and_not_before() -> None:
    asked: list[int] = []
    slots = Slots(ask=lambda: asked.append(1) or 3)  # type: ignore[func-returns-value]
    whole, stop = make_stoppable(project(slots))
    seen = Seen()

    def reuse(name: str) -> None:
        seen.work()

    work_side_by_side(whole, list("abc"), {}, reuse, stop)
    assert (asked, seen.most) == ([], 1)

    def work(name: str) -> None:
        slots.widen()
        seen.work(0.1)

    work_side_by_side(whole, list("abcdef"), {}, work, stop)
    assert (asked, seen.most) == ([1], 3)


def test_what_will_be_asked_for_is_asked_beside_and_waited_for_where_it_is_needed() -> None:
    goes_on, asked = Event(), list[int]()

    def ask() -> int:
        asked.append(1)
        assert goes_on.wait(10)
        return 3

    slots = Slots(ask=ask)
    slots.foresee()
    slots.foresee()
    assert (slots.number, slots.single) == (1, False)
    goes_on.set()
    slots.widen()
    assert (slots.number, slots.single, asked) == (3, False, [1])


def test_whoever_needs_slots_is_told_why_nobody_can_say_how_many_there_are() -> None:
    def ask() -> int:
        raise StageFailed(Failure("training", "silent", "nobody answers", ""))

    slots = Slots(ask=ask)
    slots.foresee()
    for _ in range(2):  # each model that has work
        with pytest.raises(StageFailed, match="nobody answers"):
            slots.widen()
    assert (slots.number, slots.single) == (1, True)


def test_who_waits_for_what_another_does_does_not_keep_it_from_being_done() -> None:
    """One holds a lock and hands out; the others wait for the lock: they must not hold what it needs."""
    whole, stop = make_stoppable(project(Slots(2)))
    lock = threading.Lock()

    def work(name: str) -> int:
        if not lock.acquire(blocking=False):
            with whole.slots.lent(whole.stops):
                lock.acquire()
        try:
            return len(hand_out(whole, [lambda own: time.sleep(0.02)] * 3))
        finally:
            lock.release()

    assert set(work_side_by_side(whole, list("abcd"), {}, work, stop).values()) == {3}


def test_a_journal_takes_another_in() -> None:
    one, other = Journal(), Journal()
    one.note("a")
    other.note("b")
    other.note_asked(2, 1)
    one.add(other)
    assert (one.notes, one.asked, one.again) == (("a", "b"), 2, 1)
