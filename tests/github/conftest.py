"""A small GitHub, events as GitHub sends them, and reports."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report

_HERE = Path(__file__).parent
_VARIABLES = ("API_URL", "SERVER_URL", "REPOSITORY", "TOKEN", "EVENT_NAME", "EVENT_PATH", "WORKFLOW", "RUN_ID", "SHA")
_FILES = ("STEP_SUMMARY", "OUTPUT")


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


fake = _load("tests_fake_github", _HERE / "fake_github.py")
REPORTS: dict[str, Callable[[], Report]] = _load(
    "tests_reports_for_github", _HERE.parent / "reports" / "conftest.py"
).REPORTS


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a GitHub with pull request 7, which a violation of GitHub's description fails; waiting takes no time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with fake.FakeGitHub() as server:
        server.pull_request(7)
        yield server
    assert server.violations == []


@pytest.fixture
def write_report(tmp_path: Path) -> Callable[..., Path]:
    """Write a report by its name in `tests/reports/conftest.py`, or one that is given."""

    def write(report: str | Report, name: str = "report.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dumps(REPORTS[report]() if isinstance(report, str) else report), encoding="utf-8")
        return path

    return write


def payload(**changed: Any) -> dict[str, Any]:
    """Give the payload of a `pull_request` event of pull request 7."""
    repository = {"full_name": fake.REPOSITORY}
    request = {
        "number": 7,
        "head": {"sha": fake.SHA, "ref": "change", "repo": repository},
        "base": {"sha": "0" * 40, "ref": "main", "repo": repository},
    }
    return {"pull_request": request | changed, "repository": repository | {"default_branch": "main"}}


@pytest.fixture
def actions(github: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the variables of GitHub Actions for an event; by default that of pull request 7."""

    def set_up(event_name: str = "pull_request", data: dict[str, Any] | None = None) -> None:
        event = tmp_path / "event.json"
        event.write_text(json.dumps(payload() if data is None else data), encoding="utf-8")
        values = (github.url, "https://github.example", fake.REPOSITORY, github.token, event_name, str(event))
        for name, value in zip(_VARIABLES, (*values, "Model CI", "4711", "f" * 40), strict=True):
            monkeypatch.setenv(f"GITHUB_{name}", value)
        for name in _FILES:
            monkeypatch.setenv(f"GITHUB_{name}", str(tmp_path / name))

    set_up()
    return set_up


@pytest.fixture
def ml_ci(actions: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command inside this process; give exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = call([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def reports() -> dict[str, Callable[[], Report]]:
    """Give every report of `tests/reports/conftest.py` by name."""
    return REPORTS


@pytest.fixture(params=REPORTS, ids=str)
def any_report(request: pytest.FixtureRequest) -> Report:
    """Give every report in turn."""
    return REPORTS[request.param]()
