"""One git answers for its owner only, and ends with it: also where a process is forked meanwhile."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import psutil
import pytest

from ml_ci.repository.objects import Objects

# In a process of their own: a fork of this one would have whatever other tests left behind.
_FORK = """
import gc, multiprocessing, os, sys
from pathlib import Path
from ml_ci.repository.objects import Objects

folder, first, second = Path(sys.argv[1]), *sys.argv[2:]

def in_a_fork(call, meanwhile=lambda: None):
    process = multiprocessing.get_context("fork").Process(target=call)
    process.start()
    meanwhile()
    process.join(60)
    code = process.exitcode
    process.kill()
    return code
"""
_ASKS = """
objects = Objects(folder)
assert objects.read(first) == b"1"

def ask():
    for _ in range(1000):
        assert objects.read(second) == b"two"

assert in_a_fork(ask, ask) == 0
"""
# What is garbage here is still there when the process is forked, and is collected there.
_COLLECTS = """
class Holder: pass

def hold():
    holder = Holder()
    holder.objects = Objects(folder)
    holder.objects.read(first)
    {around}.itself = {around}

gc.disable()
hold()
assert in_a_fork(gc.collect) == 0
assert gc.collect() > 0
"""


@pytest.fixture
def ids(repository: Any) -> list[str]:
    repository.commit({"a": "1", "b": "two"})
    return [repository.git("rev-parse", f"HEAD:{name}") for name in "ab"]


def gits() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [one for one in children if one.status() != psutil.STATUS_ZOMBIE and "cat-file" in one.cmdline()]


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


SCRIPTS = {
    "asks": _ASKS,
    "collects": _COLLECTS.format(around="holder.objects"),
    "collects-around": _COLLECTS.format(around="holder"),
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_fork_has_a_git_of_its_own_and_waits_for_no_other(repository: Any, ids: list[str], script: str) -> None:
    command = [sys.executable, "-W", "error", "-c", _FORK + script, str(repository.path), *ids]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["FIRST\nFIRST", "FIRST\n", "two words here", "", "--textconv", "HEAD:a"])
def test_what_is_no_id_is_not_there(repository: Any, ids: list[str], name: str) -> None:
    """An id may come from a registry; a line end in it would be two questions."""
    objects = Objects(repository.path)
    with pytest.raises(FileNotFoundError):
        objects.read(name.replace("FIRST", ids[0]))
    assert [objects.read(one) for one in ids] == [b"1", b"two"]
