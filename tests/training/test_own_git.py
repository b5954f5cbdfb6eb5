"""What git in a job sees: which commit it is, and nothing of the user's repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.repository.repository import Repository
from ml_ci.training.fetching_git import fetching_git
from ml_ci.training.working_copy import working_copy
from ml_ci.variables.given import Env, give

Git = Callable[..., str]
LABEL = "the label of the holdout"


def run(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**give(os.environ, Env()), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **more}
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def top(git: Git, tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    (top / "proj").mkdir()
    (top / "proj/train.py").write_text("print('committed')\n")
    (top / "holdout.csv").write_text(f"{LABEL}\n")
    git("add", "-A")
    git("commit", "-q", "-m", "the first")
    git("tag", "v1")
    (top / "proj/more.py").write_text("x\n")
    git("add", "-A")
    git("commit", "-q", "-m", "the second")
    (top / "proj/train.py").write_text("print('edited')\n")
    (top / "untracked.txt").write_text("the user's")
    git("config", "core.hooksPath", str(tmp_path / "hooks"))
    (tmp_path / "hooks").mkdir()
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        (tmp_path / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
        (tmp_path / "hooks" / hook).chmod(0o755)
    return top


@pytest.fixture(params=["working tree", "commit"])
def copy(request: pytest.FixtureRequest, top: Path) -> object:
    repository = Repository.find(top / "proj")
    tree = repository.tree(repository.head() if request.param == "commit" else None)
    # Where copies lie in a run: inside the user's repository.
    with working_copy(repository, tree, top / "proj/.ml_ci/work") as made:
        yield made.project


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("git rev-parse HEAD", "{head}"),
        ("git log -1 --format=%s", "the second"),
        ("git log --format=%H", "{head}"),
        ("git describe --always --abbrev=40", "{head}"),
        ("git rev-parse --show-toplevel", "{top}"),
        ("git rev-parse --is-inside-work-tree", "true"),
    ],
)
def test_git_says_which_commit_it_is(copy: Path, git: Git, command: str, says: str) -> None:
    done = run(command, copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == says.format(head=git("rev-parse", "HEAD"), top=copy.parent)


@pytest.mark.parametrize(
    "command",
    [
        "git show HEAD:holdout.csv",
        "git show HEAD~1:holdout.csv",
        "git show v1:holdout.csv",
        "git cat-file -p $(cat {blob})",
        "git checkout HEAD -- holdout.csv",
        "git checkout main",
        "git restore --source HEAD ../holdout.csv",
        "git archive HEAD",
        "git stash -u",
        "git grep label HEAD",
        "git --git-dir=.git show HEAD:holdout.csv",
        "git worktree list | grep repository$",
    ],
)
def test_what_would_reach_the_users_repository_is_refused(
    copy: Path, top: Path, tmp_path: Path, git: Git, command: str
) -> None:
    (tmp_path / "blob").write_text(git("rev-parse", "HEAD:holdout.csv"))
    done = run(command.replace("{blob}", str(tmp_path / "blob")), copy)
    assert done.returncode != 0
    assert LABEL not in done.stdout + done.stderr
    untouched(top, tmp_path, git)


@pytest.mark.parametrize(
    "command",
    [
        "git clean -fdx :/",
        "git add -A :/ && git -c user.name=j -c user.email=j@j commit -qm mine",
        "git checkout -q -b mine",
        "git config core.hooksPath /nowhere",
        "git gc -q",
        "git reset -q --hard",
        "git tag mine",
        "rm -rf $(git rev-parse --show-toplevel)/*",
    ],
)
def test_what_works_stays_in_the_copy(copy: Path, top: Path, tmp_path: Path, git: Git, command: str) -> None:
    run(command, copy)
    untouched(top, tmp_path, git)


def untouched(top: Path, tmp_path: Path, git: Git) -> None:
    assert not (tmp_path / "hook-ran").exists()
    assert (top / "proj/train.py").read_text() == "print('edited')\n"
    assert (top / "untracked.txt").read_text() == "the user's"
    assert git("log", "--format=%s") == "the second\nthe first"
    assert git("tag") == "v1"
    assert git("branch", "--format=%(refname:short)") == "main"
    assert git("stash", "list") == ""
    assert git("config", "core.hooksPath") == str(tmp_path / "hooks")
    assert git("status", "--short", "--", ".", ":!proj/.ml_ci").splitlines() == ["M proj/train.py", "?? untracked.txt"]
    assert git("worktree", "list").count("\n") == 0


def test_gitpython_answers(copy: Path, git: Git) -> None:
    library = pytest.importorskip("git")
    found = library.Repo(copy, search_parent_directories=True)
    assert found.head.commit.hexsha == git("rev-parse", "HEAD")
    assert Path(found.working_dir) == copy.parent


def test_setuptools_scm_answers(copy: Path, git: Git) -> None:
    library = pytest.importorskip("setuptools_scm")
    version = library.get_version(root=copy.parent, fallback_version="0.0")
    assert git("rev-parse", "--short", "HEAD") in version


def test_without_a_commit_git_stays_in_the_copy(tmp_path: Path, git: Git) -> None:
    (tmp_path / "repository/train.py").write_text("x")
    repository = Repository.find(tmp_path / "repository")
    with working_copy(repository, repository.tree(None), tmp_path / "repository/.ml_ci/work") as made:
        assert run("git rev-parse --show-toplevel", made.project).stdout.strip() == str(made.top)
        assert run("git add -A", made.project).returncode == 0
    assert git("ls-files") == ""


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    top = tmp_path / "other"
    assert run(f"git init -q --object-format=sha256 {top}", tmp_path).returncode == 0
    (top / "a").write_text("x")
    done = run("git add -A && git -c user.name=j -c user.email=j@j commit -qm one && git rev-parse HEAD", top)
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(repository.head()), tmp_path / "work") as made:
        assert run("git log -1 --format=%H", made.project).stdout == done.stdout
        assert run("git show HEAD:a", made.project).returncode != 0


def test_no_variable_of_the_users_git_reaches_a_job() -> None:
    ours = {"GIT_DIR": "/a", "GIT_CONFIG_COUNT": "1", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/b", "GITHUB_SHA": "c"}
    assert give(ours, Env(tuple(ours))) == {"GIT_CONFIG_COUNT": "1", "GITHUB_SHA": "c"}
    assert give(ours, Env()) == {"GITHUB_SHA": "c"}


def test_a_fetch_command_has_the_users_objects_and_settings(top: Path, tmp_path: Path, git: Git) -> None:
    git("config", "lfs.url", "https://example.org/lfs")
    commit = git("rev-parse", "HEAD~1")
    found = fetching_git(top / "proj", commit, tmp_path / "fetching", {"GIT_SSH_COMMAND": "ssh -v", "GIT_DIR": "/x"})
    where = {**found, "GIT_WORK_TREE": str(tmp_path)}
    assert found["GIT_SSH_COMMAND"] == "ssh -v"
    assert run("git show HEAD:holdout.csv", tmp_path, **where).stdout == f"{LABEL}\n"
    assert run("git rev-parse HEAD", tmp_path, **where).stdout.strip() == commit
    assert run("git config lfs.url", tmp_path, **where).stdout == "https://example.org/lfs\n"
    assert run("git config lfs.storage", tmp_path, **where).stdout == f"{top}/.git/lfs\n"
    assert run("git ls-files", tmp_path, **where).stdout.split() == ["holdout.csv", "proj/train.py"]
    run("git checkout -q HEAD -- holdout.csv", tmp_path, **where)
    untouched(top, tmp_path, git)
