"""What watches and trains anew, without a runner: how a look ends, and what a command that brings data leaves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ACTIONS = Path(__file__).parents[2] / "actions"
Retrain = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("code", "ends", "said"),
    [("0", 0, ""), ("1", 1, ""), ("2", 2, ""), ("4", 0, "too few"), ("5", 0, "nothing to watch"), ("", 3, "")],
)
def test_too_few_labels_are_said_and_fail_nothing(code: str, ends: int, said: str) -> None:
    done = subprocess.run(
        (ACTIONS / "watch" / "verdict.sh",), env={**os.environ, "CODE": code}, capture_output=True, text=True
    )
    assert done.returncode == ends and said in done.stdout.lower() and (bool(said) == bool(done.stdout))


@pytest.fixture
def retrain(tmp_path: Path) -> Retrain:
    """Give what runs a command in a repository; the step's files are `output` and `runner/…`."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "train.csv").write_text("x,y\n1,0\n")
    (work / ".gitignore").write_text("*.log\n")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run(("git", *arguments), cwd=work, check=True)

    def run(command: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        given = {"RUN": command, "FOLDER": folder, "ML_CI_MODEL": "churn", "ML_CI_ALARM": "ab"}
        files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "RUNNER_TEMP": str(tmp_path / "runner")}
        (tmp_path / "output").write_text("")
        script = ACTIONS / "retrain" / "retrain.sh"
        return subprocess.run((script,), cwd=work, env={**os.environ, **given, **files}, capture_output=True, text=True)

    return run


def test_what_a_command_changed_is_left_as_a_patch(retrain: Retrain, tmp_path: Path) -> None:
    done = retrain(
        "echo 2,1 >>train.csv; printf '\\0' >new.bin; echo x >a.log; echo ${GITHUB_OUTPUT:-none} $ML_CI_MODEL"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert told[0].startswith("::stop-commands::") and f"::{told[0].rpartition('::')[2]}::" in told
    assert "none churn" in told, "what the step talks to its workflow by is not the command's"
    patch = tmp_path / "runner" / "ml-ci-retrain" / "change.patch"
    assert (tmp_path / "output").read_text() == f"patch={patch}\n"
    text = patch.read_text()
    assert "+2,1" in text and "GIT binary patch" in text and "a.log" not in text


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("", 2, "name a command by the input run"),
        ("exit 7", 7, "ended with exit code 7"),
        ("false | true; echo on", 1, "ended with exit code 1"),
        ("true", 1, "changed no file that git tracks"),
    ],
)
def test_a_command_that_brings_nothing_fails(retrain: Retrain, command: str, code: int, said: str) -> None:
    done = retrain(command)
    assert done.returncode == code and said in done.stdout
