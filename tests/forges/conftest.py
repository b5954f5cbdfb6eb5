"""The stand-ins of three forges, one desk for each, and reports."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.forges.values import Request, Token
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report
from ml_ci.review.desk import Desk, desk_of

_HERE = Path(__file__).parent


def load(name: str, path: Path) -> Any:
    """Load a file of the tests as a module, once."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


gitlab = load("tests_fake_gitlab", _HERE / "fake_gitlab.py")
gitea = load("tests_fake_gitea", _HERE / "fake_gitea.py")
fake_webhook = load("tests_fake_webhook", _HERE / "fake_webhook.py")
_REPORTS = load("tests_reports_for_forges", _HERE.parent / "reports" / "conftest.py")
REPORTS: dict[str, Callable[[], Report]] = _REPORTS.REPORTS
FAKES = {"github": gitea.base.FakeGitHub, "gitlab": gitlab.FakeGitLab, "gitea": gitea.FakeGitea}


@dataclass
class Stand:
    """A forge that stands in, by name, and how its desk is opened."""

    name: str
    server: Any

    def desk(self, **given: Any) -> Desk:
        """Open the desk of the repository, as somebody with a token does."""
        at = {"repository": "octo/models", "api_url": self.server.url, "token": Token(self.server.token), **given}
        return desk_of(Request(forge=self.name, **at))


def _stand(name: str) -> Iterator[Stand]:
    with FAKES[name]() as server:
        server.pull_request(7)
        yield Stand(name, server)
    assert server.violations == []


@pytest.fixture(params=FAKES)
def stand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Give each forge in turn, with pull request 7; waiting takes no time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    yield from _stand(request.param)


@pytest.fixture
def github_stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Give a GitHub with pull request 7."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    yield from _stand("github")


@pytest.fixture
def webhook() -> Iterator[Any]:
    """Give a team's webhook."""
    with fake_webhook.FakeWebhook() as server:
        yield server


@pytest.fixture
def live_looks() -> Any:
    """Give the looks at live rows of `tests/reports/live/conftest.py`."""
    return load("tests_looks_for_forges", _HERE.parent / "reports" / "live" / "conftest.py")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Give a GitLab with merge request 7."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    yield from _stand("gitlab")


@pytest.fixture
def write_report(tmp_path: Path) -> Callable[..., Path]:
    """Write a report by its name in `tests/reports/conftest.py`, or one that is given."""

    def write(report: str | Report, name: str = "report.json") -> Path:
        path = tmp_path / name
        path.write_text(dumps(REPORTS[report]() if isinstance(report, str) else report), encoding="utf-8")
        return path

    return write


@pytest.fixture
def ml_ci(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command inside this process; give exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = call([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
