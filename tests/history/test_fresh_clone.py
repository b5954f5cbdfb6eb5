"""A plan in a fresh clone with cold caches hashes nothing that git already knows."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes import content
from ml_ci.pipeline import plan
from ml_ci.repository.trees import WorkingTree
from ml_ci.steps.values import Options

SPEC = """\
version: 1
models:
  churn:
    train: train:train
    data: {train: data, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""
TRAIN = "def train(train, seed):\n    return train\n"
ROWS = "x,y\n" + "".join(f"{number},{number % 2}\n" for number in range(100))


@pytest.fixture
def clone(repository: Any, tmp_path: Path) -> Path:
    """Give a clone of a repository with 40 data files and one commit more on a branch."""
    files = {f"data/part-{number:03}.csv": f"{ROWS}{number},1\n" for number in range(40)}
    repository.commit({**files, "ml-ci.yaml": SPEC, "train.py": TRAIN, "holdout.csv": ROWS})
    repository.git("switch", "-q", "-c", "change")
    repository.commit({"train.py": TRAIN.replace("return train", "return seed")})
    there = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(repository.path), str(there)], check=True)
    return there


def test_nothing_is_hashed_and_no_data_file_is_read(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = WorkingTree.read

    def hashed(path: str, kind: str) -> str:
        raise AssertionError(f"{path} was hashed, though git knows it")

    def noted(tree: WorkingTree, path: str) -> bytes:
        read.append(path)
        return plain(tree, path)

    monkeypatch.setattr(content, "_hash", hashed)
    monkeypatch.setattr(WorkingTree, "read", noted)
    one = plan(Options(start=clone, environment=dict(os.environ)))["churn"]
    assert (one.action, [change.part for change in one.changes]) == ("train", ["code"])
    assert set(read) <= {"train.py", "ml-ci.yaml"}


def test_only_what_was_modified_is_hashed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard above can fail: a modified file is read, and no other."""
    with (clone / "data/part-007.csv").open("a") as file:
        file.write("9,1\n")
    hashed: list[str] = []
    plain = content._hash

    def noted(path: str, kind: str) -> str:
        hashed.append(Path(path).name)
        return plain(path, kind)

    monkeypatch.setattr(content, "_hash", noted)
    one = plan(Options(start=clone, environment=dict(os.environ)))["churn"]
    assert {change.part for change in one.changes} == {"data.train"}, "against HEAD, on the clone's own branch"
    assert set(hashed) == {"part-007.csv"}
