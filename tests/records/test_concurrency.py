"""Several runs on one store: each training once, and a kill at any moment loses nothing that was finished."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.record import read
from ml_ci.records.store import Store


def test_two_runs_at_the_same_moment_train_once_between_them(make_tiny: Callable[..., Any]) -> None:
    tiny = make_tiny(sleep=1.0)
    both = [tiny.start("run", "--json") for _ in range(2)]
    answers = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert tiny.trainings == 2  # the candidate and the baseline, not four
    reports = [json.loads(out) for out, _ in answers]
    assert reports[0]["models"]["tiny"]["gates"] == reports[1]["models"]["tiny"]["gates"]
    assert list((tiny.store / "work").iterdir()) == []
    assert tiny.git("worktree", "list").count("\n") == 0


def records(store: Path) -> set[tuple[str, str]]:
    return {(kind, key) for kind, key, _ in Store(store).records()}


def interleave(tiny: Any, rounds: int, at_once: int, chance: random.Random) -> int:
    """Start runs and kill most of them at random moments; give how many were killed."""
    finished: set[tuple[str, str]] = set()
    killed = 0
    for number in range(rounds):
        tiny.seed(number // 3)  # some rounds find what killed ones had finished
        processes = [tiny.start("run", "--json") for _ in range(at_once)]
        for process in processes:
            time.sleep(chance.uniform(0, 0.8))
            if chance.random() < 0.8:
                process.send_signal(signal.SIGKILL)
                killed += 1
        for process in processes:
            out, err = process.communicate(timeout=600)
            assert process.returncode in (0, -signal.SIGKILL), err
            assert process.returncode != 0 or json.loads(out)["verdict"] == "pass"
        present = records(tiny.store)
        assert finished <= present, "a finished record was lost"
        finished = present
    return killed


def check_end(tiny: Any) -> None:
    for kind, key, folder in Store(tiny.store).records():
        read(folder, kind, key)  # DamagedRecordError fails the test
    code, out, err = tiny.run("run", "--json")
    assert code == 0, err
    # What the ledger tells of the holdout is no word of damage.
    notes = json.loads(out)["models"]["tiny"]["notes"]
    assert [note for note in notes if not note.startswith("Holdout:")] == []
    tiny.seed(1_000)
    assert tiny.run("run")[0] == 0  # one that works sweeps what the killed ones left
    assert [path for path in (tiny.store / "work").iterdir() if path.is_dir()] == []
    assert tiny.git("worktree", "list").count("\n") == 0
    assert not list((tiny.store / "damaged").glob("*"))


def test_interleaved_runs_with_kills_lose_nothing(make_tiny: Callable[..., Any]) -> None:
    tiny = make_tiny(sleep=0.1)
    assert interleave(tiny, rounds=3, at_once=3, chance=random.Random(1)) > 0
    check_end(tiny)


@pytest.mark.slow
def test_a_hundred_interleaved_runs_with_kills_lose_nothing(make_tiny: Callable[..., Any]) -> None:
    tiny = make_tiny(sleep=0.1)
    assert interleave(tiny, rounds=25, at_once=4, chance=random.Random(2)) > 50
    check_end(tiny)


@pytest.mark.usefixtures("ran")
def test_a_record_that_is_damaged_between_two_runs_is_named_and_made_again(tiny: Any) -> None:
    for kind, _, folder in Store(tiny.store).records():
        if kind in ("verdicts", "comparisons", "predictions"):
            (folder / "record.json").write_text("{")
    code, out, _ = tiny.run("run", "--json")
    assert code == 0
    notes = json.loads(out)["models"]["tiny"]["notes"]
    assert {note.split("/")[0] for note in notes} == {
        "the record verdicts",
        "the record comparisons",
        "the record predictions",
    }
    assert all("was damaged" in note and "is made again" in note for note in notes)
    assert tiny.trainings == 2
    assert json.loads(tiny.run("run", "--json")[1])["models"]["tiny"]["notes"] == []


@pytest.mark.usefixtures("ran")
def test_a_verdict_of_another_version_is_judged_again(tiny: Any) -> None:
    store = Store(tiny.store)
    for kind, key, folder in list(store.records()):
        if kind in ("verdicts", "comparisons"):
            content = {"judged": {"verdict_of_tomorrow": 1}, "comparison": {"counts": 1}}
            store.drop(kind, key)
            with store.draft() as draft:
                assert store.keep(draft, kind, key, content).folder == folder
    code, out, err = tiny.run("run", "--json")
    assert code == 0, err
    assert json.loads(out)["models"]["tiny"]["verdict"] == "pass"
    assert tiny.trainings == 2
