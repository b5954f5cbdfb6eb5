from __future__ import annotations

import subprocess
import sys

import pytest

from ml_ci.cli.main import call


@pytest.mark.parametrize("command", ["comment", "status", "summary", "page", "event"])
def test_help_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["github", command, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_the_token_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["github", "comment", "--token", "secret"]) == 2
    assert "No such option" in capsys.readouterr().err
    assert call(["github", "--help"]) == 0
    assert "GITHUB_TOKEN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("missing", "said"),
    [("GITHUB_TOKEN", "there is no token"), ("GITHUB_REPOSITORY", "a repository is named OWNER/NAME")],
)
def test_what_is_missing_is_named(
    missing: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo/models")
    monkeypatch.delenv(missing)
    assert call(["github", "comment", "--pull-request", "7"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["comment"], "--pull-request NUMBER"),
        (["comment", "--sha", "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"], "--pull-request NUMBER"),
        (["status"], "--sha COMMIT, or --pull-request NUMBER"),
        (["status", "--pending"], "--sha COMMIT, or --pull-request NUMBER"),
        (["status", "--lost"], "--sha COMMIT, or --pull-request NUMBER"),
    ],
)
def test_outside_of_actions_a_pull_request_has_to_be_named(
    command: list[str], option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    assert call(["github", *command]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "outside of GitHub Actions no event names the pull request or the commit" in said
    assert f"--repository OWNER/NAME {option}" in said


@pytest.mark.parametrize("command", ["comment", "status"])
def test_where_no_forge_runs_it_has_to_be_named(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITEA_ACTIONS", "FORGEJO_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    assert call([command]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "no forge runs this process" in said and "--forge gitlab|gitea|github --repository OWNER/NAME" in said
    assert "GitHub Actions" not in said
    assert call([command, "--help"]) == 0


@pytest.mark.parametrize("module", ["ml_ci.cli.forge", "ml_ci.cli.report", "ml_ci.cli.run", "ml_ci.cli.trusted"])
def test_requests_is_imported_only_to_speak(module: str) -> None:
    program = f"import sys, {module}; print('requests' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
