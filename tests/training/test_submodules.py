"""A submodule in a copy stands at the commit that the tree names, wherever the user's checkout of it is."""

from __future__ import annotations

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
Made = Callable[[Git], str]


def sh(folder: Path, command: str) -> str:
    names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    more = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
    environment = {**os.environ, **names, **more, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def library(at: Path, *, holding: Path | None = None) -> Path:
    at.mkdir()
    (at / "feat.py").write_text("CUT = 0.5\n")
    sh(at, "git init -q -b main")
    if holding is not None:
        sh(at, f"git submodule add -q {holding} inner")
    sh(at, "git add -A && git commit -qm one")
    return at


@pytest.fixture
def top(git: Git, tmp_path: Path) -> Path:
    top, lib = tmp_path / "repository", library(tmp_path / "lib", holding=library(tmp_path / "inner"))
    (top / "train.py").write_text("x")
    sh(top, f"git submodule add -q {lib} vendor && git submodule update -q --init --recursive")
    sh(top, "git add -A && git commit -qm base")
    return top


def bump(folder: Path, text: str = "CUT = 0.99\n") -> None:
    (folder / "feat.py").write_text(text)
    sh(folder, "git add -A && git commit -qm bump")


def text(top: Path, path: str, ref: str | None = "HEAD") -> str | None:
    """Give what a copy of a commit (the working tree for None) has at a path; None where it has nothing."""
    repository = Repository.find(top)
    tree = repository.tree(None if ref is None else repository.commit(ref))
    with working_copy(repository, tree, top.parent / "work") as made:
        at = made.project / path
        assert at.parent.is_dir()
        return at.read_text() if at.exists() else None


def test_each_side_has_its_own(top: Path) -> None:
    bump(top / "vendor")
    sh(top, "git add -A && git commit -qm pr")
    assert text(top, "vendor/feat.py") == "CUT = 0.99\n"
    assert text(top, "vendor/feat.py", "HEAD~1") == "CUT = 0.5\n"
    assert text(top, "vendor/feat.py", None) == "CUT = 0.99\n"


def test_the_working_tree_has_it_as_it_is_on_disk(top: Path) -> None:
    (top / "vendor/feat.py").write_text("CUT = 0.7\n")
    assert text(top, "vendor/feat.py", None) == "CUT = 0.7\n"
    assert text(top, "vendor/feat.py") == "CUT = 0.5\n"


def test_one_inside_another(top: Path) -> None:
    bump(top / "vendor/inner", "CUT = 0.1\n")
    sh(top / "vendor", "git add -A && git commit -qm bump")
    sh(top, "git add -A && git commit -qm pr")
    assert text(top, "vendor/inner/feat.py") == "CUT = 0.1\n"
    assert text(top, "vendor/inner/feat.py", "HEAD~1") == "CUT = 0.5\n"


def test_one_that_the_change_removed(top: Path) -> None:
    sh(top, "git rm -qf vendor && git commit -qm pr")
    assert text(top, "vendor/feat.py", "HEAD~1") == "CUT = 0.5\n"


def test_one_that_was_never_checked_out_is_an_empty_folder_on_both_sides(top: Path, tmp_path: Path) -> None:
    sh(tmp_path, "git clone -q repository clone")
    assert text(tmp_path / "clone", "vendor/feat.py") is None
    assert text(tmp_path / "clone", "vendor/feat.py", None) is None


def test_a_commit_that_is_not_here_is_fetched(top: Path, tmp_path: Path) -> None:
    bump(tmp_path / "lib")
    commit = sh(tmp_path / "lib", "git rev-parse HEAD")
    sh(top, f"git update-index --cacheinfo 160000,{commit},vendor && git commit -qm pr")
    before = sh(top / "vendor", "git rev-list --all --objects | sort")
    assert text(top, "vendor/feat.py") == "CUT = 0.99\n"
    assert sh(top / "vendor", "git rev-list --all --objects | sort") == before


def test_a_commit_that_nobody_has_is_named_with_the_one_that_is_here(top: Path, tmp_path: Path) -> None:
    own = sh(top / "vendor", "git rev-parse HEAD")
    sh(top, f"git update-index --cacheinfo 160000,{'ab' * 20},vendor && git commit -qm pr")
    with pytest.raises(UserError) as caught:
        text(top, "vendor/feat.py")
    assert "the submodule vendor is at commit abababa there, and this clone has " + own[:7] in caught.value.message
    assert "git -C vendor fetch" in caught.value.hint
    shutil.rmtree(tmp_path / "lib")
    with pytest.raises(UserError, match="abababa"):
        text(top, "vendor/feat.py")


def test_a_submodule_under_another_name_and_path(top: Path) -> None:
    sh(top, "git mv vendor third-party && git commit -qm moved")
    assert text(top, "third-party/feat.py") == "CUT = 0.5\n"
    assert text(top, "vendor/feat.py", "HEAD~1") == "CUT = 0.5\n"


def test_a_repository_that_is_no_submodule_but_a_gitlink(top: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "inner", top / "embedded")
    sh(top, "git add embedded 2>/dev/null && git commit -qm embedded")
    bump(top / "embedded")
    assert text(top, "embedded/feat.py") == "CUT = 0.5\n"
    assert text(top, "embedded/feat.py", None) == "CUT = 0.99\n"


def declared(top: Path, name: str, url: str, commit: str, path: str = "third") -> None:
    """Commit a submodule as a stranger writes it, whom git would not let: not checked out, and gone in the next one."""
    (top / ".gitmodules").write_text(f'[submodule "{name}"]\n\tpath = {path}\n\turl = {url}\n')
    sh(top, f"git add .gitmodules && git update-index --add --cacheinfo 160000,{commit},{path} && git commit -qm evil")
    sh(top, f"git rm -qf --cached {path} && git commit -qm 'without it'")


@pytest.mark.parametrize("name", ["../../evil", "x/../../../evil", "TOP/evil"])
def test_a_name_leads_to_no_repository_of_a_stranger(top: Path, tmp_path: Path, name: str) -> None:
    """Its settings would name the programs that git starts: a repository is a few files, which any commit can hold."""
    mark = tmp_path / "attacked"
    (tmp_path / "lib/.gitattributes").write_text("* filter=evil\n")
    bump(tmp_path / "lib")
    commit = sh(tmp_path / "lib", "git rev-parse HEAD")
    sh(top, f"git clone -q --bare {tmp_path / 'lib'} evil && git -C evil config filter.evil.smudge 'touch {mark}; cat'")
    sh(top, f"git clone -q evil seen && git -C seen config filter.evil.smudge 'touch {mark}; cat'")
    sh(top / "seen", "rm feat.py && git checkout -q . && true")
    assert mark.exists()  # what git does where such settings are its own
    mark.unlink()
    declared(top, name.replace("TOP", str(top)), "https://localhost:1/x", commit)
    assert text(top, "third/feat.py", "HEAD~1") is None
    assert not mark.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% MARK",
        "--upload-pack=touch MARK",
        "-u",
        "LIB",
        "file://LIB",
        "ssh://-oProxyCommand=touch MARK/x",
    ],
)
def test_an_address_of_a_stranger_runs_no_program_and_reads_no_disk(top: Path, tmp_path: Path, url: str) -> None:
    """Also where the user allows both for addresses of their own."""
    mark, lib = tmp_path / "attacked", tmp_path / "lib"
    for name in ("ext", "file"):
        sh(top, f"git config protocol.{name}.allow always")
    url = url.replace("MARK", str(mark)).replace("LIB", str(lib))
    declared(top, "third", f'"{url}"', sh(lib, "git rev-parse HEAD"))
    assert text(top, "third/feat.py", "HEAD~1") is None
    assert not mark.exists()
