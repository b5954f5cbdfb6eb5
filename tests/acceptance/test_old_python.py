"""A job under Python 3.8, in which ml-ci is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def python38() -> str | None:
    """Find a Python 3.8 that works: a shim of a version manager may stand there and have none."""
    places = [os.environ.get("ML_CI_PYTHON38"), shutil.which("python3.8")]
    places += [str(path) for path in Path.home().glob(".pyenv/versions/3.8*/bin/python3.8")]
    places += [str(path) for path in Path.home().glob(".local/share/uv/python/cpython-3.8*/bin/python3.8")]
    for place in filter(None, places):
        command = (place, "-c", "import sys; print(sys.version_info[:2] == (3, 8))")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.stdout.strip() == "True":
            return place
    return None


@pytest.fixture(scope="module")
def old() -> str:
    found = python38()
    if found is None:
        pytest.skip("no Python 3.8 was found (set ML_CI_PYTHON38 to one)")
    return found


LOOK = "import sys\nassert sys.version_info[:2] == (3, 8), sys.version\n"
COMMAND = """\
import csv, sys

assert sys.version_info[:2] == (3, 8), sys.version
try:
    import ml_ci.cli
except ImportError:
    pass
else:
    raise SystemExit("ml-ci is importable where the job runs")
with open(sys.argv[1]) as rows, open(sys.argv[2], "w") as out:
    out.write("score\\n")
    for row in csv.DictReader(rows):
        out.write("%d\\n" % (float(row["x"]) >= 0.5))
"""


@pytest.fixture(autouse=True)
def _not_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests call ml-ci in this process, so its children need no path to it."""
    monkeypatch.delenv("PYTHONPATH")


def test_a_function_with_paths(make: Any, files: dict[str, str], old: str) -> None:
    config = files["ml-ci.yaml"].replace("    label:", f"    python: {old}\n    label:")
    project = make(
        {**files, "ml-ci.yaml": config, "model.py": files["model.py"].replace("import csv\n", f"import csv\n{LOOK}")}
    )
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    model = project.model()["candidate"]
    assert (model["tp"], model["fp"], model["tn"], model["fn"]) == (90, 10, 90, 10)
    assert project.run().code == 0
    assert project.trainings() == 1
    project.verify()


@pytest.mark.parametrize("name", ["python", "python3"])
def test_a_command(make: Any, files: dict[str, str], old: str, name: str) -> None:
    job = f"    python: {old}\n    run: {name} predict.py {{data.holdout}} {{out}}/scores.csv\n"
    job += '    outputs: {predictions: "{out}/scores.csv"}\n'
    config = files["ml-ci.yaml"].replace("    train: model:train\n    predict: model:score\n", job)
    project = make({**files, "ml-ci.yaml": config, "predict.py": COMMAND})
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    model = project.model()["candidate"]
    assert (model["tp"], model["fp"], model["tn"], model["fn"]) == (90, 10, 90, 10)
    project.verify()


def test_another_interpreter_is_a_change(make: Any, files: dict[str, str], old: str) -> None:
    project = make(files)
    assert project.run().code == 0
    project.edit("ml-ci.yaml", "    label:", f"    python: {old}\n    label:")
    assert project.run().code == 0
    assert project.trainings() == 2
    assert "environment" in [change["part"] for change in project.model()["changes"]]
