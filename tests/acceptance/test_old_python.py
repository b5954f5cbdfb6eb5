"""A job under Python 3.8, in which ml-ci is not installed."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_a_function_with_paths(make: Any, files: dict[str, str], old_python: str) -> None:
    config = files["ml-ci.yaml"].replace("    label:", f"    python: {old_python}\n    label:")
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
def test_a_command(make: Any, files: dict[str, str], old_python: str, name: str) -> None:
    job = f"    python: {old_python}\n    run: {name} predict.py {{data.holdout}} {{out}}/scores.csv\n"
    job += '    outputs: {predictions: "{out}/scores.csv"}\n'
    config = files["ml-ci.yaml"].replace("    train: model:train\n    predict: model:score\n", job)
    project = make({**files, "ml-ci.yaml": config, "predict.py": COMMAND})
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    model = project.model()["candidate"]
    assert (model["tp"], model["fp"], model["tn"], model["fn"]) == (90, 10, 90, 10)
    project.verify()


def test_another_interpreter_is_a_change(make: Any, files: dict[str, str], old_python: str) -> None:
    project = make(files)
    assert project.run().code == 0
    project.edit("ml-ci.yaml", "    label:", f"    python: {old_python}\n    label:")
    assert project.run().code == 0
    assert project.trainings() == 2
    assert "environment" in [change["part"] for change in project.model()["changes"]]
