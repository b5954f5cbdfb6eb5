"""Where ml-ci.yaml is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.find import find


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "src" / "deep").mkdir(parents=True)
    return tmp_path / "project"


def write(path: Path) -> Path:
    path.write_text("version: 1\n")
    return path


def test_finds_it_here_and_above(project: Path) -> None:
    top = write(project / "ml-ci.yaml")
    assert find(project, None) == top
    assert find(project / "src" / "deep", None) == top


def test_the_nearest_one_counts(project: Path) -> None:
    write(project / "ml-ci.yaml")
    near = write(project / "src" / "ml-ci.yaml")
    assert find(project / "src" / "deep", None) == near


def test_does_not_leave_the_repository(project: Path) -> None:
    write(project.parent / "ml-ci.yaml")
    with pytest.raises(UserError) as caught:
        find(project / "src", None)
    message = f"there is no ml-ci.yaml in {project / 'src'} or in the folders above it, up to {project}"
    assert caught.value.message == message
    assert "`ml-ci init`" in caught.value.hint


def test_a_worktree_whose_git_is_a_file_ends_the_way_up(project: Path) -> None:
    write(project.parent / "ml-ci.yaml")
    (project / ".git").rmdir()
    (project / ".git").write_text("gitdir: elsewhere\n")
    with pytest.raises(UserError):
        find(project, None)


@pytest.mark.parametrize("name", ["ml-ci.yml", ".ml-ci.yaml", "ml_ci.yaml"])
def test_says_to_rename_a_misnamed_one(project: Path, name: str) -> None:
    write(project / name)
    for start, config in ((project / "src", None), (project, "."), (project, "ml-ci.yaml")):
        with pytest.raises(UserError) as caught:
            find(start, config)
        assert caught.value.message == f"{project / name} is not read: the file has to be called ml-ci.yaml"
        assert caught.value.hint == f"git mv {name} ml-ci.yaml"


def test_takes_the_given_file_or_folder(project: Path) -> None:
    other = write(project / "src" / "other.yaml")
    named = write(project / "src" / "ml-ci.yaml")
    assert find(project, "src/other.yaml") == other
    assert find(project, str(other)) == other
    assert find(project, "src") == named


def test_a_given_path_that_is_not_there_is_a_mistake(project: Path) -> None:
    write(project / "ml-ci.yaml")
    with pytest.raises(UserError) as caught:
        find(project, "conf/x.yaml")
    assert caught.value.message == f"--config conf/x.yaml: there is no file {project / 'conf/x.yaml'}"
