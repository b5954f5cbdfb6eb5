from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.repository.repository import Repository
from ml_ci.training.working_copy import working_copy

Git = Callable[..., str]


def state(top: Path) -> dict[str, tuple[int, str]]:
    """Give mode and content digest of every file and link of a tree, git's own memory of worktrees included."""
    found = {}
    for path in sorted(top.rglob("*")):
        if path.is_symlink():
            found[str(path)] = (0, str(path.readlink()))
        elif path.is_file() and "objects" not in path.parts:
            found[str(path)] = (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


@pytest.fixture
def top(git: Git, tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    (top / "src").mkdir()
    (top / "src/train.py").write_text("print('committed')\n")
    (top / "gone.txt").write_text("x")
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "link").symlink_to("src/train.py")
    (top / ".gitignore").write_text("*.pkl\n.ml_ci/\n")
    hook = top / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
    hook.chmod(0o755)
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    (top / "src/train.py").write_text("print('changed')\n")
    (top / "gone.txt").unlink()
    (top / "new file.txt").write_text("untracked")
    (top / "model.pkl").write_text("ignored")
    (top / ".ml_ci").mkdir()
    (top / ".ml_ci/report.json").write_text("{}")
    return top


def names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and ".git" not in path.parts
    }


def test_the_working_tree_as_it_is(top: Path, tmp_path: Path, git: Git) -> None:
    repository, before = Repository.find(top), state(top)
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        copy = made.project
        assert names(copy) == {".gitignore", "link", "new file.txt", "run.sh", "src/train.py"}
        assert (copy / "src/train.py").read_text() == "print('changed')\n"
        assert (copy / "link").readlink() == Path("src/train.py")
        assert os.access(copy / "run.sh", os.X_OK)
        (copy / "src/train.py").write_text("the job's")
        (copy / "link").write_text("the job's")
    assert not list((tmp_path / "work").iterdir())
    assert git("worktree", "list").count("\n") == 0
    assert state(top) == before
    assert not (tmp_path / "hook-ran").exists()


def test_a_commit(top: Path, tmp_path: Path, git: Git) -> None:
    repository, before = Repository.find(top), state(top)
    tree = repository.tree(repository.head())
    with working_copy(repository, tree, tmp_path / "work") as made:
        copy = made.project
        assert names(copy) == {".gitignore", "gone.txt", "link", "run.sh", "src/train.py"}
        assert (copy / "src/train.py").read_text() == "print('committed')\n"
    assert not list((tmp_path / "work").iterdir())
    assert state(top) == before
    assert not (tmp_path / "hook-ran").exists()


def test_a_project_below_the_top_and_work_inside_it(top: Path) -> None:
    repository = Repository.find(top / "src")
    with working_copy(repository, repository.tree(None), top / "src/.ml_ci/work") as made:
        copy = made.project
        assert copy.name == "src"
        assert names(copy) == {"train.py"}
        assert (copy.parent / "new file.txt").exists()


def test_without_a_commit(tmp_path: Path, git: Git) -> None:
    (tmp_path / "repository/train.py").write_text("x")
    repository = Repository.find(tmp_path / "repository")
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        copy = made.project
        assert names(copy) == {"train.py"}
    assert not list((tmp_path / "work").iterdir())


def test_a_repository_inside_is_copied_without_what_it_ignores(top: Path, tmp_path: Path) -> None:
    inner = top / "inner"
    inner.mkdir()
    subprocess.run(("git", "init", "-q"), cwd=inner, check=True)
    (inner / ".gitignore").write_text("*.tmp\n")
    (inner / "a.py").write_text("x")
    (inner / "a.tmp").write_text("x")
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        copy = made.project
        assert names(copy / "inner") == {".gitignore", "a.py"}


def test_removed_after_an_exception_and_whatever_a_job_left(top: Path, tmp_path: Path, git: Git) -> None:
    repository = Repository.find(top)
    with (
        pytest.raises(RuntimeError, match="job"),
        working_copy(repository, repository.tree(None), tmp_path / "work") as made,
    ):
        copy = made.project
        (copy / "locked").mkdir()
        (copy / "locked/file").write_text("x")
        (copy / "locked").chmod(0o500)
        (copy / ".git/HEAD").unlink()
        raise RuntimeError("job")
    assert not list((tmp_path / "work").iterdir())
    assert git("worktree", "list").count("\n") == 0


def test_a_commit_that_git_does_not_have(top: Path, tmp_path: Path) -> None:
    repository = Repository.find(top)
    tree = repository.tree("0" * 40)
    with pytest.raises(UserError) as caught, working_copy(repository, tree, tmp_path / "work"):
        pass
    assert "git could not check out commit 0000000" in caught.value.message
    assert caught.value.hint
    assert not list((tmp_path / "work").iterdir())


def test_a_copy_is_brought_back_to_what_it_was(top: Path, tmp_path: Path) -> None:
    repository = Repository.find(top)
    for tree in (repository.tree(None), repository.tree(repository.head())):
        with working_copy(repository, tree, tmp_path / "work") as made:
            first = state(made.project)
            damage(made.project)
            assert not made.ready("a job")
            made.restore()
            assert state(made.project) == first
            made.prepare("a job")
            (made.project / "left/behind").mkdir(parents=True)
            (made.project / "left/behind/model.pkl").write_text("x")
            assert made.ready("a job")
            assert not made.ready("another job")
            assert state(made.project) == first


def damage(copy: Path) -> None:
    """Do to a copy what jobs do: edit, remove, replace, add, close, and use git."""
    (copy / "src/train.py").write_text("print('the job')\n")
    (copy / "run.sh").chmod(0o644)
    (copy / "link").unlink()
    (copy / "link").write_text("no link")
    (copy / ".gitignore").unlink()
    (copy / ".gitignore").mkdir()
    (copy / ".gitignore/inside").write_text("x")
    (copy / "added").symlink_to("/")
    shutil.rmtree(copy / ".git")


def test_a_folder_that_became_a_link_is_a_folder_again_and_nothing_is_written_through_it(
    top: Path, tmp_path: Path
) -> None:
    repository, elsewhere = Repository.find(top), tmp_path / "elsewhere"
    elsewhere.mkdir()
    for tree in (repository.tree(None), repository.tree(repository.head())):
        with working_copy(repository, tree, tmp_path / "work") as made:
            shutil.rmtree(made.project / "src")
            (made.project / "src").symlink_to(elsewhere)
            made.ready("a job")
            made.restore()
            assert not (made.project / "src").is_symlink()
            assert (made.project / "src/train.py").is_file()
    assert not list(elsewhere.iterdir())


def _gone(copy: Path, victim: Path) -> None:
    shutil.rmtree(copy)


def _all_gone(copy: Path, victim: Path) -> None:
    shutil.rmtree(copy.parent)


def _linked(copy: Path, victim: Path) -> None:
    shutil.rmtree(copy)
    copy.symlink_to(victim)


def _linked_above(copy: Path, victim: Path) -> None:
    shutil.rmtree(copy.parent)
    copy.parent.symlink_to(victim)


def _a_file(copy: Path, victim: Path) -> None:
    shutil.rmtree(copy)
    copy.write_text("")


@pytest.mark.parametrize("spoil", [_gone, _all_gone, _linked, _linked_above, _a_file], ids=lambda one: one.__name__)
@pytest.mark.parametrize("commit", [False, True])
def test_a_copy_that_was_taken_away_stands_again_and_nothing_is_touched_in_its_place(
    top: Path, tmp_path: Path, git: Git, spoil: Callable[[Path, Path], None], commit: bool
) -> None:
    victim = tmp_path / "victim"
    (victim / "top").mkdir(parents=True)
    (victim / "kept").write_text("kept")
    (victim / "top" / "kept").write_text("kept")
    repository = Repository.find(top)
    with working_copy(
        repository, repository.tree(git("rev-parse", "HEAD") if commit else None), tmp_path / "w"
    ) as made:
        before = names(made.project)
        made.prepare("x")
        spoil(made.top, victim)
        assert not made.ready("x")
        made.restore()
        assert names(made.project) == before
        assert not made.top.is_symlink()
    assert sorted(path.name for path in victim.rglob("kept")) == ["kept", "kept"]
    assert list((tmp_path / "w").iterdir()) == []


def test_a_file_that_the_user_changed_meanwhile_is_named(top: Path, tmp_path: Path) -> None:
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        (made.project / "src/train.py").write_text("the job")
        (top / "src/train.py").write_text("the user")
        made.ready("a job")
        with pytest.raises(UserError, match=r"src/train.py changed while ml-ci was at work"):
            made.restore()


def test_byte_code_of_the_checkout_stays_there(top: Path, tmp_path: Path) -> None:
    (top / "src/__pycache__").mkdir()
    (top / "src/__pycache__/train.cpython-311.pyc").write_bytes(b"x")
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        assert "src/__pycache__/train.cpython-311.pyc" not in names(made.project)


def test_what_an_install_left_in_the_checkout_stays_there(top: Path, tmp_path: Path) -> None:
    for path in ("setup.py", "build/lib/train.py", "build/own.txt"):
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text("x\n")
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(None), tmp_path / "work") as made:
        assert {"setup.py", "build/own.txt"} <= {*names(made.project)} and "build/lib/train.py" not in names(
            made.project
        )


def test_what_an_archive_would_leave_out_or_rewrite(top: Path, tmp_path: Path, git: Git) -> None:
    (top / ".gitattributes").write_text("secret.csv export-ignore\nversion.txt export-subst\n")
    (top / "secret.csv").write_text("a\n")
    (top / "version.txt").write_text("$Format:%H$\n")
    git("add", "-A")
    git("commit", "-q", "-m", "second")
    repository = Repository.find(top)
    for tree in (repository.tree(None), repository.tree(repository.head())):
        with working_copy(repository, tree, tmp_path / "work") as made:
            assert (made.project / "secret.csv").read_text() == "a\n"
            assert (made.project / "version.txt").read_text() == "$Format:%H$\n"


def test_attributes_are_those_of_the_commit(top: Path, tmp_path: Path, git: Git) -> None:
    (top / ".gitattributes").write_text("*.bat eol=crlf\n")
    (top / "a.bat").write_text("one\n")
    git("add", "-A")
    git("commit", "-q", "-m", "second")
    (top / ".gitattributes").unlink()
    repository = Repository.find(top)
    with working_copy(repository, repository.tree(repository.head()), tmp_path / "work") as made:
        assert (made.project / "a.bat").read_bytes() == b"one\r\n"


def test_a_sparse_checkout_leaves_out_the_same_on_both_sides(top: Path, tmp_path: Path, git: Git) -> None:
    git("checkout", "-q", ".")
    git("sparse-checkout", "set", "--no-cone", "/run.sh", "/link")
    repository = Repository.find(top)
    for tree in (repository.tree(None), repository.tree(repository.head())):
        with working_copy(repository, tree, tmp_path / "work") as made:
            assert names(made.project) >= {"link", "run.sh"}
            assert not (made.project / "src").exists()
