"""What a job leaves is files and folders: all else is refused by its name, and nothing in its place hangs a run."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ml_ci.child.left import strange
from ml_ci.errors import Failure, StageFailed
from ml_ci.training import left

Failed = Callable[[Callable[[], object]], Failure]

# What stands at `at`, made by a shell.
LEAVES = {
    "a link to a file": ("ln -s real.txt {at}", "is a link to real.txt"),
    "a link out of the copy": ("ln -s /etc/passwd {at}", "is a link to /etc/passwd"),
    "a link that leads nowhere": ("ln -s gone {at}", "is a link to gone"),
    "a link to itself": ("ln -s again {at}", "is a link to again"),
    "a link to a folder": ("ln -s .. {at}", "is a link to .."),
    "a link to a device": ("ln -s /dev/zero {at}", "is a link to /dev/zero"),
    "a pipe": ("mkfifo {at}", "is a named pipe"),
    "a socket": ("""python -c "import socket; socket.socket(socket.AF_UNIX).bind('{at}')" """, "is a socket"),
}


@pytest.mark.parametrize("leaves", LEAVES)
def test_refuses_what_is_no_file_in_the_folder_of_a_command(jobs: Any, failed: Failed, leaves: str) -> None:
    script, said = LEAVES[leaves]
    command = "mkdir -p net/deep && echo w > net/weights && cd net/deep && " + script.replace("{at}", "again")
    found = failed(lambda: jobs.command(command, {"model": "net"}))
    assert (found.stage, found.code) == ("training", "output-kind")
    assert found.message == f"`outputs.model`: net/deep/again {said}"
    assert "Leave a copy in the place of a link" in found.hint


@pytest.mark.parametrize("leaves", LEAVES)
def test_refuses_what_is_no_file_in_the_folder_that_a_function_returns(jobs: Any, failed: Failed, leaves: str) -> None:
    script, said = LEAVES[leaves]
    source = f"""
        import os, pathlib, subprocess
        def train(out):
            at = pathlib.Path(out) / "net"
            (at / "deep").mkdir(parents=True)
            subprocess.run({script.replace("{at}", "again")!r}, shell=True, cwd=at / "deep", check=True)
            return at
    """
    found = failed(lambda: jobs.function(source))
    assert (found.stage, found.code) == ("training", "output-kind")
    assert f"net/deep/again {said}" in found.message


AT_THE_TOP = {
    "a link that leads nowhere": ("ln -s gone {at}", "is a link to gone"),
    "a link to itself": ("ln -s $PWD/{at} {at}", "is a link to "),
    "a link to a device": ("ln -s /dev/zero {at}", "is a device"),
    "a link to a folder with a link in it": ("mkdir d && ln -s /etc d/e && ln -s d {at}", "net/e is a link to /etc"),
    "a pipe": ("mkfifo {at}", "is a named pipe"),
    "a socket": LEAVES["a socket"],
}


@pytest.mark.parametrize("output", ["model", "predictions"])
@pytest.mark.parametrize("leaves", AT_THE_TOP)
def test_refuses_an_output_that_is_no_file(jobs: Any, failed: Failed, leaves: str, output: str) -> None:
    script, said = AT_THE_TOP[leaves]
    found = failed(lambda: jobs.command(script.replace("{at}", "net"), {output: "net"}))
    assert found.code == "output-kind"
    assert found.message.startswith(f"`outputs.{output}`: net")
    assert said in found.message


def test_an_output_that_is_a_link_to_a_whole_folder_is_kept_as_what_it_shows(jobs: Any) -> None:
    model = jobs.command("mkdir real && echo 1 > real/a && ln -s real net", {"model": "net"})
    assert not model.artifact.is_symlink()
    assert (model.artifact / "a").read_text() == "1\n"


def test_refuses_a_path_that_no_record_keeps(jobs: Any, failed: Failed) -> None:
    deep = "mkdir net; cd net; for n in $(seq 25); do mkdir $(printf d%.0s $(seq 90)); cd d*; done; echo w > weights"
    found = failed(lambda: jobs.command(deep, {"model": "net"}))
    assert found.code == "output-kind"
    assert found.message.startswith("`outputs.model`: net holds the path dddd")
    assert found.message.endswith("…, which is longer than a record keeps")


def test_what_is_a_device_is_said(tmp_path: Path) -> None:
    assert strange("/dev/null", "x") == "x is a device"


SEVERAL = ["result.json", "usage.json", "job.log", "told.tsv", "request.json"]


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_nothing_in_the_place_of_ml_cis_own_files_hangs_a_run(jobs: Any, name: str, kind: str) -> None:
    """Also not of the next job in the same folder."""
    put = {"pipe": f"mkfifo {name}", "link": f"ln -s /dev/zero {name}", "folder": f"mkdir {name}"}[kind]
    started = time.monotonic()
    command = f"cd {jobs.work} && rm -rf {name} && {put}; echo 1 > {{out}}/model.txt"
    with suppress(StageFailed):  # the supervisor may not find the place to write to
        assert jobs.command(command).artifact.read_text() == "1\n"
    assert jobs.command("echo 2 > {out}/model.txt").artifact.read_text() == "2\n"
    assert time.monotonic() - started < 60


def make(at: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(at)
    elif kind == "link":
        at.symlink_to(__file__)
    elif kind == "folder":
        at.mkdir()
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(at))
    elif kind == "long":
        at.write_bytes(b"12345")


@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "socket", "long", "nothing"])
def test_reads_regular_files_up_to_a_bound(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("x"), kind)
    assert left.content(Path("x"), 4) is None
    left.copy(Path("x"), tmp_path / "copied", 4)
    assert (tmp_path / "copied").exists() == (kind == "long")
    (tmp_path / "y").write_bytes(b"1234")
    assert left.content(tmp_path / "y", 4) == b"1234"
