"""One git answers for its owner only, and ends with it: also where a process is forked meanwhile."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from ml_ci.repository.objects import Objects

_FORK = multiprocessing.get_context("fork")


@pytest.fixture
def ids(repository: Any) -> list[str]:
    repository.commit({"a": "1", "b": "two"})
    return [repository.git("rev-parse", f"HEAD:{name}") for name in "ab"]


def gits() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [one for one in children if one.status() != psutil.STATUS_ZOMBIE and "cat-file" in one.cmdline()]


def in_a_fork(call: Callable[[], object]) -> int | None:
    """Call in a forked process; give its exit code, None where it does not end."""

    def work() -> None:
        call()
        os._exit(0)

    process = _FORK.Process(target=work)
    process.start()
    process.join(60)
    code = process.exitcode
    process.kill()
    return code


def test_one_git_answers_every_question_and_ends(repository: Any, ids: list[str]) -> None:
    before = gits()
    objects = Objects(repository.path)
    assert gits() == before
    assert [objects.read(one) for one in (*ids, *ids)] == [b"1", b"two"] * 2
    assert len(gits()) == len(before) + 1
    del objects
    assert gits() == before


def test_an_object_that_is_not_there(repository: Any, ids: list[str]) -> None:
    objects = Objects(repository.path)
    with pytest.raises(FileNotFoundError, match="object 0000000 is not in this repository"):
        objects.read("0000000")
    assert objects.read(ids[0]) == b"1"


def test_a_fork_has_a_git_of_its_own(repository: Any, ids: list[str]) -> None:
    objects = Objects(repository.path)
    assert objects.read(ids[0]) == b"1"

    def ask() -> None:
        for _ in range(100):
            assert objects.read(ids[1]) == b"two"
        assert len(gits()) == 1

    assert in_a_fork(ask) == 0
    assert objects.read(ids[0]) == b"1"


@pytest.mark.parametrize("around", [False, True])
def test_a_fork_waits_for_no_git_that_is_another_process_s(repository: Any, ids: list[str], around: bool) -> None:
    class Holder:
        pass

    def hold() -> None:
        holder: Any = Holder()
        holder.objects = Objects(repository.path)
        holder.objects.read(ids[0])
        (holder if around else holder.objects).itself = holder if around else holder.objects

    gc.disable()  # what is garbage here is still there when the process is forked, and is collected there
    try:
        hold()
        assert in_a_fork(gc.collect) == 0
        assert gits()
    finally:
        gc.enable()
    gc.collect()
    assert not gits()
