"""Fixtures for every stage: real git repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester"]

# What takes how long is measured by the benchmarks; here a busy machine must not fail a law.
hypothesis.settings.register_profile("laws", deadline=None)
hypothesis.settings.load_profile("laws")


class GitFolder:
    """A git repository in a temporary folder, with the few verbs that a test needs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        """Run git and give what it printed."""
        done = subprocess.run(("git", *arguments), cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, making their folders."""
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "change") -> str:
        """Write files, commit everything, give the commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True, scope="session")
def _git_identity() -> Iterator[None]:
    """Give git a name and no configuration of the machine."""
    values = {
        "GIT_AUTHOR_NAME": "A. Tester",
        "GIT_AUTHOR_EMAIL": "tester@example.org",
        "GIT_COMMITTER_NAME": "A. Tester",
        "GIT_COMMITTER_EMAIL": "tester@example.org",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        for name in ("GITHUB_BASE_REF", "GITHUB_ACTIONS", "GIT_DIR", "GIT_INDEX_FILE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[str], GitFolder]:
    """Make git repositories by name below the test's folder."""
    return lambda name: GitFolder(tmp_path / name)


@pytest.fixture
def repository(make_repository: Callable[[str], GitFolder]) -> GitFolder:
    """Give one empty git repository on the branch `main`."""
    return make_repository("repository")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of the real data sets; skip by name where it is absent."""
    folder = Path(os.environ.get("ML_CI_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of the real data sets is absent: set ML_CI_SHARED_DATA")
    return folder


def _python38() -> str | None:
    """Find a Python 3.8 that works: a shim of a version manager may stand there and have none."""
    places = [os.environ.get("ML_CI_PYTHON38"), shutil.which("python3.8")]
    places += [str(path) for path in Path.home().glob(".pyenv/versions/3.8*/bin/python3.8")]
    places += [str(path) for path in Path.home().glob(".local/share/uv/python/cpython-3.8*/bin/python3.8")]
    for place in filter(None, places):
        command = (place, "-c", "import sys; print(sys.version_info[:2] == (3, 8))")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.stdout.strip() == "True":
            return place
    return None


@pytest.fixture(scope="session")
def old_python() -> str:
    """Give the path of a Python 3.8, the oldest that a job may have; skip by name where none is found."""
    found = _python38()
    if found is None:
        pytest.skip("no Python 3.8 was found (set ML_CI_PYTHON38 to one)")
    return found
