from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ml_ci.records.store import Store
from ml_ci.repository.repository import Repository
from ml_ci.training.copies import Copies

Git = Callable[..., str]


@pytest.fixture
def copies(git: Git, tmp_path: Path) -> Copies:
    top = tmp_path / "repository"
    (top / "train.py").write_text("x")
    (top / ".gitignore").write_text(".ml_ci/\n")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return Copies(Repository.find(top), Store(top / ".ml_ci"))


def left(copies: Copies) -> list[Path]:
    return list((copies.repository.top / ".ml_ci/work").glob("*"))


def test_one_copy_a_side_for_all_models_of_a_run(copies: Copies) -> None:
    tree, base = copies.repository.tree(None), copies.repository.tree(copies.repository.head())
    with copies.held():
        with copies.held():
            first, other = copies.of(tree), copies.of(base)
        with copies.held():
            assert copies.of(tree) is first
            assert copies.of(base) is other
        assert first.top != other.top
        assert first.project.is_dir()
    assert not left(copies)


def test_models_side_by_side_have_each_their_own_and_later_ones_take_what_is_free(copies: Copies) -> None:
    tree, together = copies.repository.tree(None), Barrier(2)

    def work(_: int) -> Path:
        with copies.held():
            found = copies.of(tree).top
            together.wait(30)
            return found

    with copies.held():
        with ThreadPoolExecutor(2) as crew:
            made = set(crew.map(work, range(2)))
        assert len(made) == 2
        with ThreadPoolExecutor(2) as crew:
            assert set(crew.map(work, range(2))) == made
    assert not left(copies)


def test_a_copy_that_cannot_be_made_leaves_nothing(copies: Copies) -> None:
    with pytest.raises(Exception, match="could not check out"), copies.held():
        copies.of(copies.repository.tree("0" * 40))
    assert not left(copies)


def test_what_ends_by_an_exception_leaves_nothing(copies: Copies) -> None:
    with pytest.raises(KeyboardInterrupt), copies.held():
        copies.of(copies.repository.tree(None))
        raise KeyboardInterrupt
    assert not left(copies)
    with copies.held():
        assert copies.of(copies.repository.tree(None)).project.is_dir()
