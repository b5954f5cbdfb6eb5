"""Names, addresses and settings that would have git start a program: none comes through."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.repository import remote
from ml_ci.repository.base import default_branch
from ml_ci.repository.git import GitError
from ml_ci.repository.history import about, ancestors, is_ancestor, suspects
from ml_ci.repository.listing import KEPT, LOOSE, list_files
from ml_ci.repository.mixture import frozen, mixed
from ml_ci.repository.opened import fetch_from, initialise, open_repository, read_setting
from ml_ci.repository.repository import Repository

HOOKS = "post-checkout post-index-change post-commit reference-transaction pre-auto-gc fsmonitor-watchman post-merge"


def hooked(top: Path, mark: Path, place: str = ".git/hooks") -> None:
    for name in HOOKS.split():
        hook = top / place / name
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)


def _everything(ours: Repository, folder: Path) -> None:
    """Call all that GitPython does in a repository."""
    head = str(ours.head())
    list_files(ours.top, KEPT)
    about(ours, head)
    assert suspects(ours, head, [f"{head}~1"]) == (head,)
    (ours.top / "loose").write_text("1")
    mixed(ours, head, frozen(ours), lambda path: path == "loose")
    with ours.worktree(head, folder / "copy"):
        pass
    ours.prune_worktrees()
    remote.head_branch(ours)
    remote.fetch(ours, head)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("core.fsmonitor", "touch MARK"),
        ("core.hooksPath", "evil"),
        ("alias.ls-files", "!touch MARK"),
        ("alias.fetch", "!touch MARK"),
        ("core.pager", "touch MARK"),
        ("diff.external", "touch MARK"),
        ("core.editor", "touch MARK"),
        ("gc.auto", "1"),
        ("remote.origin.url", "ext::touch MARK"),
        ("remote.origin.url", "ext::sh -c touch% MARK"),
        ("remote.origin.url", "--upload-pack=touch MARK"),
        ("remote.origin.url", "ssh://-oProxyCommand=touch MARK/x"),
        ("remote.origin.url", "-oProxyCommand=touch MARK:x"),
        ("url.ext::touch MARK .insteadOf", "https://example.org/"),
    ],
)
def test_settings_of_a_repository_start_nothing(
    ours: Repository, mark: Path, tmp_path: Path, name: str, value: str
) -> None:
    hooked(ours.top, mark, "evil")
    hooked(ours.top, mark)
    setting = ["config", name.replace("MARK", str(mark)), value.replace("MARK", str(mark))]
    if not name.startswith("remote."):
        ours.git("config", "remote.origin.url", "https://example.org/x" if name.startswith("url.") else str(ours.top))
    ours.git(*setting)
    _everything(ours, tmp_path)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["core.fsmonitor", "core.hooksPath"])
@pytest.mark.parametrize("kind", ["count", "parameters"])
def test_settings_of_a_hooks_git_start_nothing(
    ours: Repository, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """They are the user's, and hold (somebody allows a folder so), but programs that git starts by itself are none."""
    hooked(ours.top, mark, "evil")
    value = str(ours.top / "evil") if name == "core.hooksPath" else f"touch {mark}"
    if kind == "count":
        settings = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": name, "GIT_CONFIG_VALUE_0": value}
        settings |= {"GIT_CONFIG_KEY_1": "user.name", "GIT_CONFIG_VALUE_1": "Set Here"}
    else:
        settings = {"GIT_CONFIG_PARAMETERS": f"'{name}'='{value}' 'user.name'='Set Here'"}
    for one, content in settings.items():
        monkeypatch.setenv(one, content)
    ours.git("config", "remote.origin.url", str(ours.top))
    with open_repository(ours.top) as repo:
        repo.git.update_index("--refresh")
        repo.git.checkout("--quiet", "--detach")
    _everything_but_status(ours)
    assert not mark.exists()
    assert read_setting(ours.top, "user.name") == "Set Here"


def _everything_but_status(ours: Repository) -> None:
    list_files(ours.top, LOOSE)
    frozen(ours)
    remote.fetch(ours, "HEAD")


NAMES = [
    "--upload-pack=touch MARK",
    "-u touch MARK",
    "--output=MARK",
    "--exec=touch MARK",
    "ext::sh -c touch% MARK",
    "$(touch MARK)",
    "`touch MARK`",
    "x; touch MARK",
    "\n--output=MARK",
    ":/x",
    "@{-1}",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_ref_is_no_option(ours: Repository, mark: Path, tmp_path: Path, name: str) -> None:
    ours.git("config", "remote.origin.url", str(ours.top))
    name, head = name.replace("MARK", str(mark)), str(ours.head())
    assert not remote.fetch(ours, name) or name in ("", "x")
    assert not is_ancestor(ours, head, name)
    assert not is_ancestor(ours, name, head)
    calls: list[Callable[[], object]] = [
        lambda: about(ours, name),
        lambda: suspects(ours, name, [head]),
        lambda: ancestors(ours, name, 3),
        lambda: mixed(ours, name, head, lambda path: False),
        lambda: ours.worktree(name, tmp_path / "copy").__enter__(),
        lambda: default_branch(ours, name),
    ]
    for call in calls:
        with contextlib.suppress(GitError, UserError, ValueError):
            call()
    assert not mark.exists()
    assert not (ours.top / "--output").exists()


@pytest.mark.parametrize("name", ["--upload-pack=touch${IFS}MARK", "-x", "--help"])
def test_a_branch_that_looks_like_an_option_is_a_branch(
    ours: Repository, mark: Path, tmp_path: Path, make_repository: Any, name: str
) -> None:
    """As the branch that a pull request goes to, and as the remote's default one."""
    branch = name.replace("MARK", "attacked")
    ours.git("update-ref", f"refs/heads/{branch}", "HEAD")
    ours.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    other = make_repository("clone")
    other.git("remote", "add", "origin", str(ours.top))
    found = default_branch(Repository.find(other.path), branch)
    assert (found.name, other.git("rev-parse", found.ref)) == (branch, ours.head())
    assert remote.head_branch(Repository.find(other.path)) == branch
    assert not list(tmp_path.glob("**/attacked"))


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% MARK",
        "ext::touch MARK",
        "fd::17",
        "::x",
        "ext://touch MARK",
        "--upload-pack=touch MARK",
        "-u",
        "OTHER",
        "file://OTHER",
        "OTHER/.git",
        "ssh://-oProxyCommand=touch MARK/x",
        "git://localhost/x",
    ],
)
@pytest.mark.parametrize("allowed", [{}, {"GIT_ALLOW_PROTOCOL": "ext:file:fd:git"}, {"protocol.allow": "always"}])
def test_a_careful_fetch_runs_no_program_and_reads_no_disk(
    ours: Repository,
    make_repository: Any,
    mark: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    allowed: dict[str, str],
) -> None:
    """Whatever the user allows for addresses of their own: this one came with a commit."""
    other = make_repository("other")
    commit = other.commit({"theirs": "1"})
    for name, value in allowed.items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
        else:
            for one in (name, "protocol.ext.allow", "protocol.file.allow"):
                ours.git("config", one, value)
    url = url.replace("MARK", str(mark)).replace("OTHER", str(other.path))
    with pytest.raises(GitError), open_repository(ours.top) as repo:
        fetch_from(repo, url, [commit], careful=True)
    assert not mark.exists()
    assert ours.commit(commit) is None


def test_an_address_of_the_users_own_may_be_a_folder(ours: Repository, make_repository: Any) -> None:
    other = make_repository("other")
    commit = other.commit({"theirs": "1"})
    with open_repository(ours.top) as repo:
        fetch_from(repo, str(other.path), [commit])
    assert ours.commit(commit) == commit


def test_a_program_is_no_remote_for_those_who_are_not_careful_either(ours: Repository, mark: Path) -> None:
    """An address of the user's own may name a helper; git itself lets none of them run any program."""
    with pytest.raises(GitError, match="not allowed"), open_repository(ours.top) as repo:
        fetch_from(repo, f"ext::touch {mark}", ["HEAD"])
    assert not mark.exists()


def test_sha_256(repository: Any, tmp_path: Path) -> None:
    """GitPython knows objects of SHA-1 alone: what is asked of git itself knows others too."""
    top = tmp_path / "sha256"
    top.mkdir()
    initialise(top, object_format="sha256", initial_branch="main")
    for number in range(3):
        (top / "a").write_text(str(number))
        with open_repository(top) as repo:
            repo.git.add("--all")
            repo.git.commit(message=f"number {number}")
    ours = Repository.find(top)
    head = str(ours.head())
    assert len(head) == 64
    assert about(ours, head).title == "number 2"
    assert suspects(ours, head, [f"{head}~2"])[0] in (head, ours.commit("HEAD~1"))
    ours.git("config", "remote.origin.url", str(top))
    _everything(ours, tmp_path)
