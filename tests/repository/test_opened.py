"""Opening a repository leaves nothing behind, tells no password, and goes to no other one than was asked for."""

from __future__ import annotations

import logging
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.errors import UserError
from ml_ci.repository import opened as module
from ml_ci.repository import remote
from ml_ci.repository.git import GitError, environment
from ml_ci.repository.history import is_ancestor
from ml_ci.repository.listing import TRACKED, list_files
from ml_ci.repository.opened import ask, fetch_from, initialise, open_repository
from ml_ci.repository.repository import Repository
from ml_ci.variables.families import LOCATION
from ml_ci.variables.given import Env, give
from ml_ci.variables.own import read_environment


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def test_objects_are_read_and_no_process_is_left(ours: Repository) -> None:
    before = children()
    with open_repository(ours.top) as repo:
        assert repo.git.get_object_data("HEAD:a")[3] == b"2"
        assert repo.git.get_object_header("HEAD:a")[1] == b"blob"
        assert len(children()) > len(before)
    assert children() == before


def test_no_process_is_left_by_a_block_that_fails(ours: Repository) -> None:
    before = children()
    with pytest.raises(ValueError, match="own"), open_repository(ours.top) as repo:
        repo.git.get_object_data("HEAD:a")
        raise ValueError("own")
    assert children() == before


def test_nothing_tidies_up_behind_our_back(ours: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git's own maintenance would go on in the background after a fetch."""
    ours.git("config", "remote.origin.url", str(ours.top))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    ours.git("fetch", "--quiet", "origin")
    assert "git maintenance run" in (tmp_path / "trace").read_text()
    (tmp_path / "trace").unlink()
    assert remote.fetch(ours)
    assert "fetch --quiet" in (tmp_path / "trace").read_text()
    assert "maintenance run" not in (tmp_path / "trace").read_text()


@pytest.mark.parametrize("name", sorted(LOCATION))
@pytest.mark.parametrize("value", ["OTHER/.git", "/nowhere", ""])
def test_a_hooks_variables_lead_nowhere(
    ours: Repository, make_repository: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Neither git nor GitPython, which looks at some of them itself, goes to the repository of a hook."""
    other = make_repository("other")
    other.commit({"theirs": "1"})
    head = ours.head()
    monkeypatch.setenv(name, value.replace("OTHER", str(other.path)))
    with open_repository(ours.top) as repo:
        assert repo.git.rev_parse("HEAD") == head
        assert repo.git.rev_parse("--show-toplevel") == str(ours.top)
        assert Path(repo.common_dir).resolve() == ours.top / ".git"
    assert list_files(ours.top, TRACKED) == ("a", "b c", "sub/ä")
    assert Repository.find(ours.top).head() == head
    assert os.environ[name] == value.replace("OTHER", str(other.path))


def test_a_hooks_variables_are_there_again_after_the_last_of_several(
    ours: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    with open_repository(ours.top), open_repository(ours.top):
        assert "GIT_DIR" not in os.environ
    with pytest.raises(ValueError, match="own"), open_repository(ours.top):
        raise ValueError("own")
    assert os.environ["GIT_DIR"] == "/nowhere"


def test_side_by_side_in_threads(ours: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    found: list[object] = []

    def look() -> None:
        found.extend((list_files(ours.top, TRACKED), is_ancestor(ours, "HEAD~1", "HEAD")) for _ in range(10))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(("a", "b c", "sub/ä"), True)] * 40
    assert (os.environ["GIT_DIR"], os.environ["GIT_INDEX_FILE"]) == ("/nowhere", "/nowhere/index")


def test_the_environment_is_read_while_variables_come_and_go(ours: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are trained side by side: one thread opens a repository while another starts git, or a job."""
    before = sys.getswitchinterval()
    for name in LOCATION:
        monkeypatch.setenv(name, "/nowhere")
    failed: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                assert not LOCATION & {*environment()}
                give(read_environment(), Env())
            except Exception as error:
                failed.append(error)
                return

    reader = threading.Thread(target=read)
    sys.setswitchinterval(1e-6)
    try:
        reader.start()
        for _ in range(2000):
            with module._HOOKS.hidden():
                pass
    finally:
        sys.setswitchinterval(before)
        done.set()
        reader.join()
    assert failed == []


@pytest.mark.parametrize("url", ["https://who:s3cret@localhost:1/x", "https://s3cret@localhost:1/x"])
def test_no_password_is_told(ours: Repository, caplog: Any, capfd: Any, url: str) -> None:
    ours.git("config", "remote.origin.url", url)
    caplog.set_level(logging.DEBUG)
    for source in ("origin", url):
        with pytest.raises(GitError) as raised, open_repository(ours.top) as repo:
            fetch_from(repo, source, ["HEAD"])
        assert "s3cret" not in f"{raised.value} {raised.value!r} {raised.value.message} {raised.value.args}"
        assert "localhost" in raised.value.message
    assert not remote.fetch(ours, "HEAD")
    assert remote.head_branch(ours) is None
    assert "s3cret" not in caplog.text
    out, err = capfd.readouterr()
    assert "s3cret" not in out + err


class _Refusing(BaseHTTPRequestHandler):
    """Ask everybody for a password."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def test_a_token_in_place_of_a_name_is_not_told(ours: Repository) -> None:
    """git names the address without the password only, when it is refused: the name may be the token."""
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://s3cret@127.0.0.1:{server.server_port}/x"
        ours.git("config", "remote.origin.url", url)
        for source in ("origin", url):
            with pytest.raises(GitError) as raised, open_repository(ours.top) as repo:
                fetch_from(repo, source, ["HEAD"])
            assert "s3cret" not in f"{raised.value} {raised.value.message} {raised.value.args}"
            assert f"http://***@127.0.0.1:{server.server_port}" in raised.value.message
        server.shutdown()


def test_what_git_says_is_told_as_it_is(ours: Repository) -> None:
    with pytest.raises(GitError) as raised, open_repository(ours.top) as repo:
        repo.git.rev_parse("--verify", "--end-of-options", "nothing")
    assert (raised.value.status, raised.value.message) == (128, "fatal: Needed a single revision")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_git_is_not_talked_out_of_its_distrust(ours: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitPython opens what somebody else owns; git does not, and is asked in every case."""
    monkeypatch.setenv("GIT_DIR", str(ours.top / ".git"))
    for path in (ours.top, ours.top / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(GitError, match="dubious ownership"):
        list_files(ours.top, TRACKED)
    assert ask(ours.top, lambda repo: repo.git.rev_parse("HEAD")) is None


def test_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"), open_repository(tmp_path):
        pass
    with pytest.raises(GitError, match="not a git repository"), open_repository(tmp_path / "nowhere"):
        pass
    assert ask(tmp_path, lambda repo: repo.git.version()) is None


def test_without_git_it_is_told(ours: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as raised:
        list_files(ours.top, TRACKED)
    assert (raised.value.message, raised.value.hint) == ("git was not found", "Install git and put it on PATH.")


@pytest.mark.parametrize("name", ["$HOME", "${PATH}", "%HOME%", "~", "a b", "--x", "ä", "\udcff"])
def test_a_folder_is_where_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_folder: Any, name: str
) -> None:
    """GitPython takes names of folders for variables, and a relative one from wherever the process is."""
    monkeypatch.chdir(tmp_path)
    for at in (tmp_path / "all" / name, Path(name)):
        at.mkdir(parents=True)
        initialise(at, initial_branch="main")
        (at / "own").write_text("1")
        with open_repository(at, settings={"user.name": "somebody"}) as repo:
            repo.git.add("--all")
            repo.git.commit(message="first")
        assert list_files(at, TRACKED) == ("own",)


@pytest.mark.parametrize("pattern", [":(exclude)a", "*", ":/", "[ab]", ":(glob)**"])
def test_a_path_is_no_pattern(ours: Repository, pattern: str) -> None:
    assert list_files(ours.top, TRACKED, [pattern]) == ()
