"""The jobs' interpreter, named from outside: what a workflow sets up."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

CONFIG = """\
version: 1
models:
  churn:
    run: python train.py {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.5]
"""
TRAIN = "import sys\nopen(sys.argv[1], 'w').write('score\\n1\\n0\\n')\nprint('ran by', sys.executable)\n"


@pytest.fixture
def project(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository.commit({"ml-ci.yaml": CONFIG, "train.py": TRAIN, "holdout.csv": "x,y\n1,1\n2,0\n"})
    monkeypatch.chdir(repository.path)
    return Path(repository.path)


def _link(folder: Path) -> str:
    folder.mkdir()
    (folder / "python").symlink_to(os.path.realpath(sys.executable))
    return str(folder / "python")


def test_where_a_machine_has_its_python_is_no_change(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["run", "--python", _link(tmp_path / "one")]) == 0
    log = next((project / ".ml_ci" / "logs").glob("churn-*.log")).read_text()
    assert str(tmp_path / "one") in log
    capsys.readouterr()
    assert call(["plan", "--json", "--python", _link(tmp_path / "other")]) == 0
    assert json.loads(capsys.readouterr().out)["models"]["churn"]["action"] == "reuse"


def test_the_files_own_python_comes_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "ml-ci.yaml").write_text(CONFIG + "    python: nowhere/python\n")
    assert call(["run", "--python", sys.executable]) == 2
    assert "nowhere/python was not found" in capsys.readouterr().err
