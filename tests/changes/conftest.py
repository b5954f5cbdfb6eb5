"""Small trees, real git histories and models for the tests of changes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes.fingerprint import fingerprint
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.surroundings import Surroundings
from ml_ci.digests import blob_id
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive


class FakeTree:
    """Hold a tree in memory, as a commit does."""

    commit: str | None = "f" * 40
    folder: Path | None = None
    left_out: frozenset[str] = frozenset()

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def files(self) -> Mapping[str, str | None]:
        return {path: blob_id(content) for path, content in sorted(self.contents.items())}

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            raise FileNotFoundError(path)
        return self.contents[path]


@dataclass
class History:
    """A real git repository with a project in it."""

    folder: Path
    state: Path
    model: ModelSpec
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str | bytes) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ("git", *arguments), cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, **files: str | bytes) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A commit")
        return self.git("rev-parse", "HEAD")

    def snapshot(self, commit: str | None = None, model: ModelSpec | None = None, *, cold: bool = False) -> Snapshot:
        """Fingerprint the model in a commit, or in the working tree."""
        tree = Repository.find(self.folder).tree(commit)
        around = Surroundings(self.folder, None if cold else self.state)
        chosen = model or self.model
        return Snapshot(chosen, tree, around, fingerprint(chosen, tree, around))


def make_model(**changed: Any) -> ModelSpec:
    """Make a small model: a function job on two files."""
    known: dict[str, Any] = {
        "name": "churn",
        "job": FunctionJob("churn.train:train"),
        "data": {"train": FileEntry("data/train.csv")},
        "holdout": FileEntry("data/holdout.csv"),
        "label": "churned",
        "positive": Positive((1,)),
    }
    return ModelSpec(**{**known, **changed})


@pytest.fixture(scope="session")
def tree() -> type[FakeTree]:
    return FakeTree


@pytest.fixture(scope="session")
def model() -> Callable[..., ModelSpec]:
    return make_model


TRAIN = '''"""Train."""
from churn.features import clean

TREES = 100


def train(train, seed):
    """Fit the model."""
    rows = clean(train)  # no outliers
    return rows, seed
'''

FEATURES = """def clean(rows):
    return rows


def unused():
    return 1
"""


def rows(count: int, positives: int) -> str:
    lines = [f"{n},{20 + n % 50},{'north' if n % 3 else 'south'},{int(n < positives)}" for n in range(count)]
    return "customer,age,region,churned\n" + "\n".join(lines) + "\n"


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Give a repository with one commit of the small model."""
    folder = tmp_path / "project"
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    made = History(folder, tmp_path / "state", make_model(), environment)
    made.git("init", "-q", "-b", "main")
    made.write("churn/__init__.py", "")
    made.write("churn/train.py", TRAIN)
    made.write("churn/features.py", FEATURES)
    made.write("data/train.csv", rows(60, 24))
    made.write("data/holdout.csv", rows(20, 8))
    made.write("README.md", "# Churn\n")
    made.commit()
    return made
