"""A project that is installed in the job's Python is judged by each side's own code: whole runs, with their counts.

Rows 0 … 99, of which 50 … 99 are positive; `SHIFT` of the package's code makes that many of them misses: 4 at the base,
FNR 8%, and 40 in the change, FNR 80%.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "churn-service"
version = "0.1"
"""
TRAIN = """\
import sys
from pathlib import Path

from churn_service.features import SHIFT, Model


def train(train: Path):
    return Model(SHIFT)


if __name__ == "__main__":
    model = Model(SHIFT)
    lines = Path(sys.argv[1]).read_text().split()[1:]
    scores = [model.score(line.split(",")[0]) for line in lines]
    Path(sys.argv[2]).write_text("score\\n" + "".join(f"{score}\\n" for score in scores))
"""
FEATURES = """\
SHIFT = 4


class Model:
    def __init__(self, shift):
        self.shift = shift

    def score(self, x):
        return 0.9 if int(x) - self.shift >= 50 else 0.1
"""
SCORE = """\
from pathlib import Path


def score(model, rows: Path):
    return [model.score(line) for line in rows.read_text().split()[1:]]
"""
CONFIG = """\
version: 1
models:
  churn:
    {job}
    data: {{train: train.csv, holdout: holdout.csv}}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr + 0.05]
"""
FUNCTION = "train: churn_service.train:train\n    predict: score:score"
PREDICTS = 'outputs: {predictions: "{out}/s.csv"}'
JOBS = {
    "train:": FUNCTION,
    "a script": f"run: python scripts/train.py {{data.holdout}} {{out}}/s.csv\n    {PREDICTS}",
    "python -m": f"run: python -m churn_service.train {{data.holdout}} {{out}}/s.csv\n    {PREDICTS}",
    "a console script": f"run: churn-train {{data.holdout}} {{out}}/s.csv\n    {PREDICTS}",
    "isolated": f"run: python -I scripts/train.py {{data.holdout}} {{out}}/s.csv\n    {PREDICTS}",
}


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """Give what makes an environment in which a checkout's `src/` is installed, by hand as backends do it."""

    def make(how: str, top: Path) -> Path:
        at = tmp_path_factory.mktemp("environment") / "job"
        subprocess.run((sys.executable, "-m", "venv", "--without-pip", at), check=True)
        [site] = at.glob("lib/python*/site-packages")
        record = ""
        if how == "-e":
            (site / "_churn.pth").write_text(f"{top}/src\n")
        elif how == "plain":
            (site / "churn_service").mkdir()
            for name in ("__init__.py", "train.py", "features.py"):
                (site / "churn_service" / name).write_bytes((top / "src/churn_service" / name).read_bytes())
                record += f"churn_service/{name},,\n"
        if how != "none":
            (site / "churn_service-0.1.dist-info").mkdir()
            (site / "churn_service-0.1.dist-info" / "RECORD").write_text(record)
            script = at / "bin" / "churn-train"
            body = "import runpy; runpy.run_module('churn_service.train', run_name='__main__')"
            script.write_text(f"#!{at}/bin/python\n{body}\n")
            script.chmod(0o755)
        return at / "bin" / "python"

    return make


@pytest.fixture
def service(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give what makes the repository with a job of some form."""

    def make(form: str) -> Any:
        made = repository
        rows = [(x, int(x >= 50)) for x in range(100)]
        made.commit(
            {
                "pyproject.toml": PYPROJECT,
                ".gitignore": ".ml_ci/\n",
                "src/churn_service/__init__.py": "",
                "src/churn_service/features.py": FEATURES,
                "src/churn_service/train.py": TRAIN,
                "scripts/train.py": "import runpy\nrunpy.run_module('churn_service.train', run_name='__main__')\n",
                "score.py": SCORE,
                "train.csv": "x,y\n1,0\n99,1\n",
                "holdout.csv": "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows),
                "ml-ci.yaml": CONFIG.format(job=JOBS[form]),
            }
        )
        monkeypatch.chdir(made.path)
        return made

    return make


def _run(capsys: pytest.CaptureFixture[str], python: Path, *options: str) -> tuple[int, dict[str, Any]]:
    code = call(["run", "--json", "--baseline", "HEAD~1", "--python", str(python), *options])
    said = capsys.readouterr()
    return code, json.loads(said.out)["models"]["churn"]


def _misses(model: dict[str, Any]) -> tuple[int, int]:
    return model["baseline"]["fn"], model["candidate"]["fn"]


@pytest.mark.parametrize(
    ("form", "how"),
    [(form, "-e") for form in JOBS]
    + [("train:", "plain"), ("python -m", "plain"), ("train:", "none"), ("a script", "none")],
)
def test_a_change_of_the_installed_code_is_judged(
    service: Callable[..., Any], environments: Callable[..., Path], capsys: Any, form: str, how: str
) -> None:
    made = service(form)
    made.commit({"src/churn_service/features.py": FEATURES.replace("SHIFT = 4", "SHIFT = 40")})
    code, model = _run(capsys, environments(how, made.path))
    assert (code, model["verdict"], _misses(model)) == (1, "fail", (4, 40)), model


@pytest.mark.parametrize("how", ["-e", "plain", "none"])
def test_what_a_stored_model_calls_when_it_scores_is_its_own_sides(
    service: Callable[..., Any], environments: Callable[..., Path], capsys: Any, how: str
) -> None:
    made = service("train:")
    made.commit({"src/churn_service/features.py": FEATURES.replace("self.shift >=", "10 * self.shift >=")})
    python = environments(how, made.path)
    code, model = _run(capsys, python)
    assert (code, model["verdict"], _misses(model)) == (1, "fail", (4, 40)), model
    made.commit({"README.md": "nothing"})
    code = call(["run", "--json", "--baseline", "HEAD~2", "--python", str(python)])
    assert _misses(json.loads(capsys.readouterr().out)["models"]["churn"]) == (4, 40)


METRICS = """\
def weighed(y_true, y_score):
    return WORTH * sum(y_true) / len(y_true)
"""


@pytest.mark.parametrize("how", ["-e", "plain", "none"])
def test_a_metric_of_the_package_is_the_changes_own(
    service: Callable[..., Any], environments: Callable[..., Path], capsys: Any, how: str
) -> None:
    """Both sides are measured by the change's metric, and by the base's beside it: never by what is installed."""
    made = service("train:")
    config = (made.path / "ml-ci.yaml").read_text() + "    metrics: {worth: churn_service.metrics:weighed}\n"
    made.commit({"src/churn_service/metrics.py": METRICS.replace("WORTH", "2"), "ml-ci.yaml": config})
    python = environments(how, made.path)
    made.commit({"src/churn_service/metrics.py": METRICS.replace("WORTH", "6")})
    if how == "plain":
        [installed] = python.parent.parent.glob("lib/python*/site-packages/churn_service")
        (installed / "metrics.py").write_text(METRICS.replace("WORTH", "100"))
    _, model = _run(capsys, python)
    assert [model[side]["metrics"]["worth"] for side in ("baseline", "candidate")] == [3.0, 3.0], model


NOTEBOOK = """\
import os, sys
from pathlib import Path
from churn_service.features import SHIFT, Model
model = Model(SHIFT)
lines = Path(os.environ["ML_CI_DATA_HOLDOUT"]).read_text().split()[1:]
scores = [model.score(line.split(",")[0]) for line in lines]
Path("scores.csv").write_text("score\\n" + "".join(f"{score}\\n" for score in scores))
"""


@pytest.mark.parametrize("how", ["-e", "none"])
def test_a_notebook_runs_its_own_sides_code(service: Callable[..., Any], capsys: Any, tmp_path: Path, how: str) -> None:
    """Its kernel is a child of a child of the job."""
    jupyter = os.environ.get("ML_CI_NOTEBOOK")
    if not jupyter:
        pytest.skip("no nbconvert: name an interpreter that has it and ipykernel by ML_CI_NOTEBOOK")
    made = service("a script")
    at = tmp_path / "environment"
    subprocess.run((jupyter, "-m", "venv", "--without-pip", at), check=True)
    [site] = at.glob("lib/python*/site-packages")
    [theirs] = Path(jupyter).parent.parent.glob("lib/python*/site-packages")
    (site / "jupyter.pth").write_text(f"{theirs}\n" + (f"{made.path}/src\n" if how == "-e" else ""))
    run = "python -m nbconvert --to notebook --execute train.ipynb --output-dir {out}"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": NOTEBOOK}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    job = f"run: {run}\n    outputs: {{predictions: scores.csv}}"
    made.commit({"train.ipynb": json.dumps(notebook), "ml-ci.yaml": CONFIG.format(job=job)})
    made.commit({"src/churn_service/features.py": FEATURES.replace("SHIFT = 4", "SHIFT = 40")})
    code, model = _run(capsys, at / "bin" / "python")
    assert (code, model["verdict"], _misses(model)) == (1, "fail", (4, 40)), model


def test_a_job_that_runs_the_working_tree_by_its_path_is_an_error(
    service: Callable[..., Any], environments: Callable[..., Path], capsys: Any
) -> None:
    made = service("a script")
    text = f"import runpy\nrunpy.run_path({str(made.path / 'src/churn_service/train.py')!r}, run_name='__main__')\n"
    made.commit({"scripts/train.py": text})
    code, model = _run(capsys, environments("none", made.path))
    assert (code, model["verdict"]) == (1, "error")
    assert "src/churn_service/train.py, not src/churn_service/train.py of its own side" in json.dumps(model)


DOCTOR = {
    "-e": (
        0,
        "✓ churn: code: 3 modules of churn_service; churn-service is installed in the job's Python, and each side",
    ),
    "plain": (0, "✓ churn: code: 3 modules of churn_service; churn-service is installed in the job's Python, and each"),
    "none": (0, "✓ churn: code: 3 modules of churn_service, found in this repository"),
    "without packaging": (
        1,
        "✗ churn: code: the job's Python does not find `churn_service` (src/churn_service/__init__",
    ),
}


@pytest.mark.parametrize("how", DOCTOR)
@pytest.mark.parametrize("form", ["train:", "python -m"])
def test_doctor_asks_the_jobs_python_beforehand(
    service: Callable[..., Any], environments: Callable[..., Path], capsys: Any, how: str, form: str
) -> None:
    made = service(form)
    if how == "without packaging":
        made.git("rm", "-q", "pyproject.toml")
        made.commit({})
    python = environments("none" if how == "without packaging" else how, made.path)
    config = (made.path / "ml-ci.yaml").read_text().replace("    label:", f"    python: {python}\n    label:")
    made.commit({"ml-ci.yaml": config})
    code, words = DOCTOR[how]
    assert call(["doctor"]) == code
    said = " ".join(capsys.readouterr().out.split())
    assert words in said
    if how == "without packaging":
        assert "`churn_service` is in `src/` of this repository, which is not on the job's path" in said
