"""Promotions and rollbacks that are killed at each step, and two at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.registry.values import CHAMPION, PREVIOUS, RefusedError
from ml_ci.steps.offer import Asked
from ml_ci.steps.promote import promoted, rolled_back

_FORK = multiprocessing.get_context("fork")


def _asked(reason: str = "") -> Asked:
    return Asked("Ada", "2026-02-03T04:05:06+00:00", reason)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at(number: int, *, after: bool) -> None:
    """Arrange that this process is killed at the n-th thing that it does to the registry or the audit log."""
    from ml_ci.registry import audit
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    done = [0]

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            done[0] += 1
            if done[0] == number and not after:
                _die()
            answer = call(*arguments, **named)
            if done[0] == number:
                _die()
            return answer

        return wrapped

    for name in ("log", "register", "point", "unpoint", "tag", "tag_model", "untag_model"):
        setattr(MlflowRegistry, name, deadly(getattr(MlflowRegistry, name)))
    audit.append = deadly(audit.append)


def _in_child(call: Callable[[], object]) -> int:
    """Call in a forked process, which opens connections of its own; give its exit code, negative for a signal."""

    def work() -> None:
        try:
            call()
        except RefusedError as error:
            print(error.message)
            os._exit(7)
        os._exit(0)

    child = _FORK.Process(target=work)
    child.start()
    child.join(120)
    return child.exitcode if child.exitcode is not None else 99


def _rows(game: Any, query: str) -> list[Any]:
    with sqlite3.connect(game.state / "mlflow.db") as database:
        return database.execute(query).fetchall()


def _moves(game: Any) -> int:
    ((count,),) = _rows(game, "SELECT count(*) FROM registered_model_tags WHERE key LIKE 'ml-ci.move.%'")
    return int(count)


@pytest.fixture
def judged(first: Any) -> Any:
    """A game whose second model passed against the first and is not in use yet."""
    first.change(0.55)
    assert first.run().verdict == "pass"
    return first


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7])
def test_a_promotion_that_is_killed_at_any_step_is_completed_once(judged: Any, number: int, after: bool) -> None:
    def killed() -> None:
        _die_at(number, after=after)
        promoted(judged.options(), judged.model, _asked())

    assert _in_child(killed) == -signal.SIGKILL

    assert _in_child(lambda: promoted(judged.options(), judged.model, _asked())) == 0
    assert _in_child(lambda: promoted(judged.options(), judged.model, _asked())) == 0

    assert judged.in_use() == ("2", "1")
    assert judged.champion().finished
    assert len(judged.audit()) == 2
    assert _moves(judged) == 2
    assert _rows(judged, "SELECT count(*) FROM model_versions") == [(2,)]
    assert _rows(judged, "SELECT count(*) FROM runs") == [(2,)]


def test_a_promotion_that_is_killed_while_its_files_are_stored_has_one_run(judged: Any) -> None:
    def killed() -> None:
        from mlflow.tracking import MlflowClient

        MlflowClient.log_artifacts = lambda *arguments, **named: _die()
        promoted(judged.options(), judged.model, _asked())

    assert _in_child(killed) == -signal.SIGKILL
    assert _in_child(lambda: promoted(judged.options(), judged.model, _asked())) == 0
    assert _rows(judged, "SELECT count(*) FROM runs") == [(2,)]
    assert judged.in_use() == ("2", "1")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7])
def test_a_rollback_that_is_killed_at_any_step_goes_back_once(judged: Any, number: int) -> None:
    assert _in_child(lambda: promoted(judged.options(), judged.model, _asked())) == 0

    def killed() -> None:
        _die_at(number, after=False)
        rolled_back(judged.options(), judged.model, _asked("wrong"))

    assert _in_child(killed) == -signal.SIGKILL
    assert _in_child(lambda: rolled_back(judged.options(), judged.model, _asked("wrong"))) == 0

    assert judged.in_use() == ("1", None)
    assert len(judged.audit()) == 3
    assert _moves(judged) == 3


def test_of_two_processes_one_promotes_and_the_other_is_told(judged: Any) -> None:
    from filelock import FileLock

    (judged.state / "locks").mkdir(exist_ok=True)
    with FileLock(judged.state / "locks" / "registry-cutter.lock"):
        with pytest.raises(RefusedError, match="another process is moving the champion of cutter"):
            promoted(judged.options(), judged.model, _asked())
        assert judged.in_use() == ("1", None)


class Board:
    """A registry in memory that lets a test act between any two of its steps: two machines share no lock."""

    def __init__(self) -> None:
        self.numbered: dict[str, Any] = {}
        self.aliases: dict[str, str] = {}
        self.model_tags: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda verb: None

    def aliased(self, model: str, alias: str) -> Any:
        return self.numbered.get(self.aliases.get(alias, ""))

    def versions(self, model: str) -> Any:
        return tuple(self.numbered.values())

    def log(self, offer: Any) -> str:
        self.before("log")
        return "run"

    def register(self, offer: Any, run: str) -> Any:
        from ml_ci.registry.values import Version

        self.before("register")
        number = str(len(self.numbered) + 1)
        self.numbered[number] = Version(offer.model, number, tags=dict(offer.tags))
        return self.numbered[number]

    def point(self, model: str, alias: str, version: str) -> None:
        self.before(f"point {alias}")
        self.aliases[alias] = version

    def unpoint(self, model: str, alias: str) -> None:
        self.aliases.pop(alias, None)

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        from dataclasses import replace

        found = self.numbered[version]
        self.numbered[version] = replace(found, tags={**found.tags, key: value})

    def tags(self, model: str) -> Any:
        return self.model_tags

    def tag_model(self, model: str, key: str, value: str) -> None:
        self.model_tags[key] = value

    def untag_model(self, model: str, key: str) -> None:
        self.model_tags.pop(key, None)


def _offer(path: Any, name: str, replaces: str, **more: Any) -> Any:
    import json

    from ml_ci.records.codec import pack
    from ml_ci.registry import values

    event = values.Event(name, "promotion", "m", "2026-01-01T00:00:00+00:00", name, "", replaced=None, commit="c" * 40)
    tags = {
        values.PROMOTION: name,
        values.TRAINING: name,
        values.FINGERPRINT: "{}",
        values.REPLACES: replaces,
        values.EVENT: json.dumps(pack(event)),
    }
    return values.Offer(name, "m", event, replaces, tags, path, **more)


@pytest.mark.parametrize("step", ["log", "register", "point champion"])
def test_of_two_machines_one_promotes_and_the_other_is_told(tmp_path: Any, step: str) -> None:
    from ml_ci.registry.promotion import promote

    board, told = Board(), []

    def other(verb: str) -> None:
        if verb == step and not told:
            told.append("")
            try:
                promote(board, _offer(tmp_path, "other", "none"), tmp_path)
            except RefusedError as error:
                told[0] = error.message

    board.before = other
    try:
        promote(board, _offer(tmp_path, "own", "none"), tmp_path)
    except RefusedError as error:
        own = error.message
    else:
        own = ""
    assert [bool(own), bool(told[0])].count(True) == 1, (own, told)
    winner = board.aliased("m", CHAMPION)
    assert winner.training == ("other" if own else "own")
    assert board.aliased("m", PREVIOUS) is None
    assert len([key for key in board.model_tags if key.startswith("ml-ci.move.")]) == 1


def test_a_promotion_that_nobody_finishes_is_withdrawn_by_a_person(tmp_path: Any) -> None:
    from ml_ci.registry.promotion import promote

    board = Board()
    board.register(_offer(tmp_path, "dead", "none"), "run")
    with pytest.raises(RefusedError, match=r"v1 \(.*\) of m is being promoted|v1 of m is being promoted"):
        promote(board, _offer(tmp_path, "own", "none"), tmp_path)
    done = promote(board, _offer(tmp_path, "own", "none", take_over=True), tmp_path)
    assert done.version.version == board.aliases[CHAMPION] == "3"
