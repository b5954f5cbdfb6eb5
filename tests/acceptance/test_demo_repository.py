"""The demo's repository, without running anything in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml_ci.cli.demo import _program
from ml_ci.demo import repository


def test_files_of_one_size_and_one_time_are_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    installed = tmp_path / "installed"
    repository.shutil.copytree(str(repository._FILES), installed)
    for file in installed.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    monkeypatch.setattr(repository, "_FILES", installed)
    repository.make(tmp_path / "demo")
    listed = subprocess.run(
        ("git", "branch", "--format=%(refname:short) %(contents:subject)"),
        cwd=tmp_path / "demo",
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout.splitlines() == [
        "code Regularise less",
        "data Import the latest labels from the clinic",
        "documentation Describe the data in the README",
        "main Classify tumours",
    ]


def test_the_gates_are_tests_also_inside_of_another_project(tmp_path: Path) -> None:
    """As the README makes it: in a clone of ml-ci, whose own pytest configuration leaves the plugin out."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--no-such-option"\n')
    repository.make(tmp_path / "demo")
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    listed = subprocess.run(command, cwd=tmp_path / "demo", env=alone, capture_output=True, text=True, check=False)
    assert "--no-such-option" not in listed.stdout + listed.stderr
    assert listed.returncode == 5, "no test of its own: its gates are its tests"


@pytest.mark.parametrize(
    ("path", "program"),
    [
        ("{bin}", "ml-ci"),
        ("/nowhere", "{bin}/ml-ci"),
    ],
)
def test_what_to_type_next_is_what_a_shell_finds(
    path: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ml-ci").write_text("#!/bin/sh\n")
    (tmp_path / "ml-ci").chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "ml-ci"), "demo"])
    monkeypatch.setenv("PATH", path.format(bin=tmp_path))
    assert _program() == program.format(bin=tmp_path)
