"""The commit of the champion's code comes from the remote where a shallow clone lacks it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import StageFailed
from ml_ci.repository.repository import Repository
from ml_ci.steps.planning.champion import _bring


@pytest.fixture
def clone(repository: Any, tmp_path: Path) -> Any:
    """Give a clone with the last of three commits, as a project."""
    for number in range(3):
        repository.commit({"a": str(number)})
    subprocess.run(("git", "clone", "-q", "--depth=1", repository.path.as_uri(), tmp_path / "clone"), check=True)
    return SimpleNamespace(repository=Repository.find(tmp_path / "clone"))


@pytest.mark.parametrize("back", [0, 1, 2])
def test_it_is_fetched_where_it_is_not_here(repository: Any, clone: Any, back: int) -> None:
    commit = repository.git("rev-parse", f"HEAD~{back}")
    assert (clone.repository.commit(commit) is None) == (back > 0)
    _bring(clone, commit)
    assert clone.repository.commit(commit) == commit


@pytest.mark.parametrize(
    "commit", ["ab" * 20, "--upload-pack=touch attacked", "ext::touch attacked", "$(touch attacked)", ""]
)
def test_what_nobody_has_is_named(repository: Any, clone: Any, tmp_path: Path, commit: str) -> None:
    """What a tag of the registry says may be anything."""
    with pytest.raises(StageFailed) as raised:
        _bring(clone, commit)
    failure = raised.value.failure
    assert (failure.stage, failure.code) == ("registry", "champion-commit")
    assert "could not be fetched" in failure.message and "git fetch --unshallow" in failure.hint
    assert list(tmp_path.rglob("attacked")) == []


def test_without_a_remote_it_is_named(repository: Any, clone: Any, tmp_path: Path) -> None:
    commit = repository.git("rev-parse", "HEAD~1")
    repository.path.rename(tmp_path / "gone")
    with pytest.raises(StageFailed, match="could not be fetched"):
        _bring(clone, commit)
