"""Where nothing is to be done nobody imports Ray; where something is, and it is not installed, that is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SPEC = """\
version: 1
models:
  churn:
    run: cp data/predicted.csv {out}/p.csv
    outputs: {predictions: "{out}/p.csv"}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    resources: {gpus: GPUS}
    gates: [fnr <= 0.1]
"""
FILES = {
    "ml-ci.yaml": SPEC.replace("GPUS", "0"),
    "data/train.csv": "x,y\n1,1\n",
    "data/holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20,
    "data/predicted.csv": "prediction\n" + "0\n1\n" * 20,
    "test_one.py": "def test_one(ml_ci):\n    pass\n",
    "aside/ray/__init__.py": "raise ImportError('the Ray of a test')\n",
}
MAIN = ("-c", "from ml_ci.cli.entry import main; main()")


def test_plan_run_and_collection_import_no_ray_where_nothing_is_to_be_done(repository: Any) -> None:
    repository.commit(FILES)
    at = Path(repository.path)
    paths = os.pathsep.join(filter(None, (str(at / "aside"), *sys.path)))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}

    def call(*arguments: str, executor: str = "ray://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
        asked = {**environment, "ML_CI_EXECUTOR": executor}
        return subprocess.run((sys.executable, *arguments), cwd=at, env=asked, capture_output=True, text=True)

    assert call("-c", "import ray").returncode == 1
    assert call(*MAIN, "run", "--baseline", "none", executor="local").returncode == 0
    (at / "ml-ci.yaml").write_text(SPEC.replace("GPUS", "3"))  # no part of what comes out, and asked of nobody
    planned = call(*MAIN, "plan", "--baseline", "none")
    assert planned.returncode == 0 and "asks for 3 GPUs" in planned.stdout, planned.stderr
    unchanged = call(*MAIN, "run", "--baseline", "none")
    assert unchanged.returncode == 0, unchanged.stderr
    collected = call("-m", "pytest", "-p", "ml_ci", "--collect-only", "-q", "test_one.py")
    assert "test_one" in collected.stdout and "ImportError" not in collected.stdout + collected.stderr
    (at / "data/train.csv").write_text("x,y\n0,0\n")
    changed = call(*MAIN, "run", "--baseline", "none")
    assert changed.returncode == 2
    assert "--executor ray://127.0.0.1:9: Ray is not installed here (the Ray of a test)" in changed.stderr
    assert "pip install 'ml-ci[ray]'" in changed.stderr
