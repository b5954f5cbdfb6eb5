"""Paths that variables name lead into a side's own copy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ml_ci.training.own_paths import on_own_side
from ml_ci.training.values import Checkout

# What a variable holds, and what a job gets: {top} is the user's checkout, {copy} the side's copy, {other} a worktree.
VALUES = {
    "the checkout itself": ("{top}", "{copy}"),
    "with a slash": ("{top}/", "{copy}/"),
    "a folder": ("{top}/src", "{copy}/src"),
    "a file": ("{top}/src/a.txt", "{copy}/src/a.txt"),
    "a list of paths": ("/usr/bin:{top}/src:{top}", "/usr/bin:{copy}/src:{copy}"),
    "an option": ("--config={top}/src/a.txt -v", "--config={copy}/src/a.txt -v"),
    "a URL": ("file://{top}/src", "file://{copy}/src"),
    "quoted": ("'{top}/src'", "'{copy}/src'"),
    "another checkout": ("{other}/src", "{copy}/src"),
    "what the copy has not": ("{top}/.venv/bin", "{top}/.venv/bin"),
    "data that git ignores": ("{top}/data/big.csv", "{top}/data/big.csv"),
    "the state folder": ("{top}/.ml_ci/x", "{top}/.ml_ci/x"),
    "git's own": ("{top}/.git", "{top}/.git"),
    "the folder above": ("{above}", "{above}"),
    "a name that begins alike": ("{top}-old/src", "{top}-old/src"),
    "a path that ends alike": ("/mnt{top}/src", "/mnt{top}/src"),
    "the copy": ("{copy}/src", "{copy}/src"),
    "no path": ("1", "1"),
    "empty": ("", ""),
}


@pytest.fixture
def at(tmp_path: Path) -> Checkout:
    copy = tmp_path / "top/.ml_ci/work/copies/copy-1"
    for folder in (tmp_path / "top", copy, tmp_path / "other"):
        (folder / "src").mkdir(parents=True)
        (folder / "src/a.txt").write_text("a")
    for name in (".venv/bin", "data", ".git"):
        (tmp_path / "top" / name).mkdir(parents=True)
    (tmp_path / "top/data/big.csv").write_text("x")
    (copy / ".git").mkdir()
    return Checkout((tmp_path / "top", tmp_path / "other"), copy)


@pytest.mark.parametrize("case", VALUES)
def test_what_a_variable_leads_to(tmp_path: Path, at: Checkout, case: str) -> None:
    names = {"top": tmp_path / "top", "copy": at.copy, "other": tmp_path / "other", "above": tmp_path}
    given, expected = (text.format(**names) for text in VALUES[case])
    assert on_own_side({"GITHUB_WORKSPACE": given}, at) == {"GITHUB_WORKSPACE": expected}


@pytest.mark.parametrize("name", ["HOME", "TMPDIR", "XDG_CACHE_HOME", "VIRTUAL_ENV"])
def test_what_is_the_users_wherever_it_lies_stays(at: Checkout, name: str) -> None:
    given = {name: str(at.tops[0])}
    assert on_own_side(given, at) == given


def test_a_link_to_the_checkout_leads_there_too(tmp_path: Path, at: Checkout) -> None:
    (tmp_path / "link").symlink_to(at.tops[0])
    linked = Checkout((tmp_path / "link",), at.copy)
    for top in (tmp_path / "link", at.tops[0]):
        assert on_own_side({"A": f"{top}/src"}, linked) == {"A": f"{os.path.realpath(at.copy)}/src"}


def test_a_job_without_a_copy_and_a_checkout_at_the_root_change_nothing(at: Checkout) -> None:
    given = {"A": str(at.copy), "B": "/usr/bin:/"}
    assert on_own_side(given, Checkout((at.copy,), at.copy)) == given
    assert on_own_side(given, Checkout((Path("/"),), at.copy)) == given
