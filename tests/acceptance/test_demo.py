"""`ml-ci demo`: three pull requests, three answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_demo_shows_three_pull_requests(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    folder = tmp_path / "demo"
    command = (sys.executable, "-m", "ml_ci", "demo", str(folder))
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    *_, words, code, data = done.stdout.split("── Pull request")
    assert "✓ tumours passes" in words
    assert "Nothing was trained" in words
    assert "only code changed." in code
    assert "the baseline was found" in code
    assert "✗ tumours fails" in data
    assert "No line of code changed; data/train.csv did." in data
    assert "ml-ci init" in data
    assert data.endswith(f"Look around: cd {folder} && git switch data && ml-ci run\n")
    verdicts = {}
    for branch in ("documentation", "code", "data"):
        subprocess.run(("git", "switch", "-q", branch), cwd=folder, check=True)
        run = (sys.executable, "-m", "ml_ci", "run", "--json")
        answer = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        (model,) = json.loads(answer.stdout)["models"].values()
        verdicts[branch] = (answer.returncode, model["verdict"], model["action"])
    assert verdicts == {
        "documentation": (0, "pass", "reuse"),
        "code": (0, "pass", "reuse"),
        "data": (1, "fail", "reuse"),
    }


def test_the_demo_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("three years of work")
    command = (sys.executable, "-m", "ml_ci", "demo", str(tmp_path / "demo"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not empty, and the demo overwrites nothing" in done.stderr
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["thesis.txt"]
