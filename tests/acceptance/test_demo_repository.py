"""The demo's repository, without running anything in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

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
