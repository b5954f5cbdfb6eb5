"""Fixtures for every stage: real git repositories, real MLflow servers, a small GitHub."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import urlopen

import hypothesis
import pytest

from ml_ci.training import stems

pytest_plugins = ["pytester"]

# What takes how long is measured by the benchmarks; here a busy machine must not fail a law. Nor does chance decide
# whether a change lands: a gate tries the same examples each time, a person new ones.
hypothesis.settings.register_profile(
    "laws",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("laws")


# What pytest sets for each test, and scikit-learn, polars, MLflow and Ray when a test is the first to import them.
_SET_BY_OTHERS = ("PYTEST_CURRENT_TEST", "KMP_", "RAY_", "_RJEM_MALLOC_CONF", "_MLFLOW_TELEMETRY_")


# Folders whose tests are whole runs, with trainings: `.ci/run` runs them apart from those that mirror the tree.
_WHOLE_RUNS = {"acceptance", "history", "real_cases"}
_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what is marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole runs as slow."""
    for item in items:
        if item.path.is_relative_to(_HERE) and item.path.relative_to(_HERE).parts[0] in _WHOLE_RUNS:
            item.add_marker(pytest.mark.slow)


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
def _interruptible() -> None:
    """Let what the tests start be interrupted: a shell has what it starts in the background ignore that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
        for name in ("GITHUB_BASE_REF", "GITHUB_ACTIONS", "GIT_DIR", "GIT_INDEX_FILE", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def _variables(_git_identity: None) -> dict[str, str]:
    """Give the variables that every test begins with."""
    return dict(os.environ)


@pytest.fixture(autouse=True)
def _no_variable_left(_variables: dict[str, str]) -> None:
    """Fail where what is set for some tests, by a fixture of the session too, holds for the others as well."""
    names = {name for name in {*os.environ, *_variables} if not name.startswith(_SET_BY_OTHERS)}
    begins = {name: os.environ.get(name) for name in names}
    assert begins == {name: _variables.get(name) for name in begins}


@pytest.fixture(scope="session")
def git_folder() -> type[GitFolder]:
    """Give what makes a git repository of a folder, to fixtures that are made once."""
    return GitFolder


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[str], GitFolder]:
    """Make git repositories by name below the test's folder."""
    return lambda name: GitFolder(tmp_path / name)


@pytest.fixture
def repository(make_repository: Callable[[str], GitFolder]) -> GitFolder:
    """Give one empty git repository on the branch `main`."""
    return make_repository("repository")


@pytest.fixture(scope="module")
def _opened_stems() -> Iterator[None]:
    with stems.open_stems():
        yield


@pytest.fixture
def shared_imports(_opened_stems: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of a module share what their jobs import, as the jobs of one run do: it is most of their time.

    Each repetition has a stem of its own, for its own seed of hashes: there is room for eight. The oldest ends first
    where it is full: a test may import other libraries.
    """
    monkeypatch.setattr(stems, "_MOST", 8)
    with stems._lock:
        ended = stems._stems.pop(next(iter(stems._stems))) if len(stems._stems) >= stems._MOST else None
    if ended is not None:
        ended.close()


@contextmanager
def _mounted(at: Path, *options: str) -> Iterator[Path]:
    at.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(("mount", *options, str(at)), capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.decode()}")
    try:
        yield at
    finally:
        subprocess.run(("umount", "-l", str(at)), check=True)


@pytest.fixture
def mounted() -> Callable[..., AbstractContextManager[Path]]:
    """Mount something for a test, where that is allowed: a folder, and the options of `mount`."""
    return _mounted


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


@pytest.fixture(scope="session")
def fake_github() -> ModuleType:
    """Give the module `tests/github/fake_github.py`."""
    return _load("tests_fake_github", Path(__file__).parent / "github" / "fake_github.py")


@pytest.fixture(scope="session")
def fake_webhook() -> ModuleType:
    """Give the module `tests/forges/fake_webhook.py`."""
    return _load("tests_fake_webhook", Path(__file__).parent / "forges" / "fake_webhook.py")


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def serve_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """Give what starts a server by a Python that has MLflow, on a database, for the session; it gives the URL."""
    with ExitStack() as servers:

        def serve(python: str, database: str) -> str:
            return servers.enter_context(_mlflow_server(python, database, tmp_path_factory.mktemp("server")))

        yield serve


@contextmanager
def _mlflow_server(python: str, database: str, folder: Path) -> Iterator[str]:
    """The server chooses its port: one that was free a moment ago may be another's by the time that it starts."""
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", database, "--host", "127.0.0.1", "--port", "0"]
    command += ["--workers", "1", "--serve-artifacts", "--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _answering(running, folder / "log")
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _answering(running: subprocess.Popen[Any], log: Path) -> str:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert running.poll() is None, log.read_text()
        said = re.search(r"(?:running on|Listening at:) (http://127\.0\.0\.1:\d+)", log.read_text())
        try:
            if said is not None:
                with urlopen(f"{said[1]}/health", timeout=30):
                    return said[1]
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()}")
