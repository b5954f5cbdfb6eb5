"""The same commit and data give the same behaviours, to the byte: in another clone, and by two workers of pytest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "behaviours"


@pytest.fixture
def loans(tmp_path: Path, git_folder: Any) -> Path:
    """Commit the example, and a change that breaks two behaviours."""
    folder = tmp_path / "loans"
    made = git_folder(folder)
    ignored = shutil.ignore_patterns("__pycache__", ".ml_ci")
    shutil.copytree(EXAMPLE, folder, ignore=ignored, dirs_exist_ok=True)
    made.commit({".gitignore": ".ml_ci/\n__pycache__/\n"}, "The sound model")
    made.git("checkout", "-q", "-b", "change")
    code = (folder / "loans" / "model.py").read_text()
    code = code.replace(".strip().lower()", ".strip()").replace("max(income, 0)", "max(income % 9000, 0)")
    made.commit({"loans/model.py": code}, "Break it")
    return folder


def judge(folder: Path, *program: str) -> str:
    """Judge from nothing; give what the report says of the behaviours and gates, as it is written."""
    shutil.rmtree(folder / ".ml_ci", ignore_errors=True)
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "pytest_plugin")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(len(program))}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 1, done.stdout + done.stderr
    [model] = json.loads((folder / ".ml_ci" / "report.json").read_text())["models"].values()
    return json.dumps({name: model[name] for name in ("behaviours", "gates", "notes", "cautions")})


def test_it_is_the_same_each_time_and_by_two_workers(loans: Path) -> None:
    pytest.importorskip("xdist")
    plugin = "ml_ci" if entry_points(group="pytest11", name="ml_ci") else "pytest_ml_ci.plugin"
    run = (sys.executable, "-m", "ml_ci", "run")
    first = judge(loans, *run)
    assert judge(loans, *run, "--json") == first
    gates = ("ml-ci.yaml", "-p", "xdist", "-p", plugin, "-p", "no:cacheprovider")
    tests = (sys.executable, "-m", "pytest", "--ml-ci", *gates, "-n2")
    assert judge(loans, *tests) == first
    told = json.loads(first)["behaviours"]
    words = {name: one["counterexample"]["words"] for name, one in told.items() if one["counterexample"]}
    assert {"spelling", "richer"} <= set(words), words
