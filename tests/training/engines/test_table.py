"""The table of engines and languages: a small job of each, judged by one whole run without an adapter.

The counts of the report are scikit-learn's `confusion_matrix` of what the library, or the program, says by itself of the
same rows, outside of ml-ci. `ML_CI_ENGINES` names a Python that has the libraries, where this one has not; a library or
a language that is not there is skipped by its name.
"""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from sklearn.datasets import make_classification
from sklearn.metrics import confusion_matrix

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "examples"
PYTHON = os.environ.get("ML_CI_ENGINES") or sys.executable
NOTEBOOK = os.environ.get("ML_CI_NOTEBOOK") or PYTHON


@dataclass(frozen=True)
class Job:
    """A row of the table: the libraries that its Python needs and the programs, and what ml-ci.yaml says of it.

    A command is given the training table, the holdout, and where its answers go, in their places.
    """

    needs: Sequence[str] = ()
    programs: Sequence[str] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    data: str = "data"
    label: str = "y"
    positive: Any = 1
    answers: str = "answers.csv"
    python: str = PYTHON

    @property
    def command(self) -> str | None:
        return self.said.get("run")


def function(*needs: str, **said: Any) -> Job:
    return Job(needs, (), said)


def command(run: str, *programs: str, **other: Any) -> Job:
    return Job(programs=programs, said={"run": run}, **other)


LANGUAGES: dict[str, Any] = {"data": "languages/data", "label": "left", "positive": "yes"}
LEAVING: dict[str, Any] = {"label": "left", "positive": "yes"}
TRAIN, HOLDOUT, ANSWERS = "{data.train}", "{data.holdout}", "{out}/answers"
TABLE: dict[str, Job] = {
    "xgboost_json": function("xgboost"),
    "xgboost_ubj": function("xgboost"),
    "xgboost_booster": function("xgboost"),
    "lightgbm_txt": function("lightgbm"),
    "lightgbm_booster": function("lightgbm"),
    "catboost_cbm": function("catboost"),
    "onnx_file": function("onnxruntime", "skl2onnx"),
    "skops_file": function("skops"),
    "keras_file": function("keras", "torch"),
    "torchscript": function("torch"),
    "torch_export": function("torch"),
    "torch_module": function("torch"),
    "torch_state_dict": function("torch", load={"factory": "net:build"}),
    "safetensors_file": function("safetensors", "torch", load={"factory": "net:build"}),
    "joblib_packed": function("joblib"),
    "joblib_xz": function("joblib"),
    "sklearn_object": function("sklearn"),
    "imblearn_pipeline": function("imblearn"),
    "statsmodels_formula": function("statsmodels"),
    "mlflow_sklearn": function("mlflow"),
    "mlflow_xgboost": function("mlflow", "xgboost"),
    "mlflow_pyfunc": function("mlflow"),
    "polars_frames": function("polars", train="frames:train", predict="frames:score"),
    "R": command(f"Rscript languages/train.R {TRAIN} {HOLDOUT} {ANSWERS}.csv", "Rscript", **LANGUAGES),
    "Node": command(f"node languages/train.js {TRAIN} {HOLDOUT} {ANSWERS}.csv", "node", **LANGUAGES),
    "Java": command(f"java languages/Train.java {TRAIN} {HOLDOUT} {ANSWERS}.csv", "javac", **LANGUAGES),
    "awk": command(f"awk -v out={ANSWERS}.csv -f train.awk {TRAIN} {HOLDOUT}", "awk"),
    "shell": command(f"sh train.sh {HOLDOUT} {ANSWERS}.csv", "sed"),
    "C": command(f"cc -o {{out}}/program train.c && {{out}}/program {HOLDOUT} {ANSWERS}.csv", "cc"),
    "gRPC": Job(
        ("grpc",), (), {"run": f"python ask.py {HOLDOUT} {ANSWERS}.jsonl", "cwd": "grpc", "id": "customer"},
        data="grpc/data", answers="answers.jsonl", **LEAVING,
    ),
    "notebook": Job(
        ("nbconvert", "ipykernel"), (),
        {"run": "python -m nbconvert --to notebook --execute train.ipynb --output-dir {out}", "cwd": "notebook"},
        data="notebook/data", answers="scores.csv", python=NOTEBOOK, **LEAVING,
    ),
    "service": Job(
        (), (), {"run": f"python ask.py {HOLDOUT} {ANSWERS}.csv", "cwd": "service"}, data="service/data", **LEAVING
    ),
}  # fmt: skip
LEAST = 25


def lacks(job: Job, known: dict[str, frozenset[str]]) -> str:
    """Name what a row needs and is not there; "" where all of it is."""
    if job.python not in known:
        names = sorted({name for one in TABLE.values() for name in one.needs})
        code = "import importlib.util, sys; print(*(one for one in sys.argv[1:] if importlib.util.find_spec(one)))"
        done = subprocess.run((job.python, "-c", code, *names), capture_output=True, text=True, check=True)
        known[job.python] = frozenset(done.stdout.split())
    missing = [name for name in job.needs if name not in known[job.python]]
    return next((name for name in (*missing, *(one for one in job.programs if shutil.which(one) is None))), "")


def describe(name: str, job: Job) -> dict[str, Any]:
    """Say of a row what ml-ci.yaml says of it."""
    own: dict[str, Any] = {"train": f"jobs:{name}"} if job.command is None else {}
    outputs = {} if job.command is None else {"outputs": {"predictions": f"{{out}}/{job.answers}"}}
    data = {"holdout": f"{job.data}/holdout.csv"}
    if job.command is None or "{data.train}" in job.command or name == "notebook":
        data["train"] = f"{job.data}/train.csv"
    common = {"data": data, "label": job.label, "positive": job.positive, "gates": ["fpr <= 1"], "baseline": "none"}
    return {**own, **job.said, **outputs, **common, "python": job.python}


def make_repository(folder: Path, rows: Sequence[str]) -> None:
    for one in (HERE / "table").iterdir():
        if one.is_file():
            shutil.copy(one, folder)
    for name in ("languages", "grpc", "notebook", "service"):
        ignored = shutil.ignore_patterns("ml-ci.yaml", "__pycache__", ".ml_ci", "apart.py")
        shutil.copytree(EXAMPLES / name, folder / name, ignore=ignored)
    (folder / "data").mkdir()
    x, y = make_classification(700, 4, n_informative=3, n_redundant=0, class_sep=0.7, flip_y=0.1, random_state=7)
    for part, where in (("train", slice(400)), ("holdout", slice(400, None))):
        with (folder / "data" / f"{part}.csv").open("w", newline="") as file:
            lines = [[*map(str, row.round(3)), label] for row, label in zip(x[where], y[where], strict=True)]
            csv.writer(file, lineterminator="\n").writerows([["a", "b", "c", "d", "y"], *lines])
    spec = {"version": 1, "models": {name: describe(name, TABLE[name]) for name in rows}}
    (folder / "ml-ci.yaml").write_text(yaml.safe_dump(spec))
    (folder / ".gitignore").write_text(".ml_ci/\n__pycache__/\napart.json\n")
    for git in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        subprocess.run(("git", *git), cwd=folder, check=True)


@dataclass(frozen=True)
class Judged:
    """What the run told of each row, what their own libraries predict, and what is not there, by the row's name."""

    folder: Path
    models: Mapping[str, Any]
    apart: Mapping[str, Any]
    missing: Mapping[str, str]


@pytest.fixture(scope="module")
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Judge all rows that are asked for in one run, and ask their libraries apart in one process."""
    known: dict[str, frozenset[str]] = {}
    missing = {name: found for name, job in TABLE.items() if (found := lacks(job, known))}
    asked = {item.name.partition("[")[2][:-1] for item in request.session.items if item.path == Path(__file__)}
    there = [name for name in TABLE if name in asked and name not in missing]
    folder = tmp_path_factory.mktemp("table")
    make_repository(folder, there)
    given = {**os.environ, "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "torch"}
    command = (sys.executable, "-m", "ml_ci", "run", "--json", "--jobs", "3", "--python", PYTHON)
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    names = [name for name in there if TABLE[name].command is None]
    subprocess.run((PYTHON, "apart.py", "data", "apart.json", *names), cwd=folder, env=given, check=True, timeout=900)
    apart = json.loads((folder / "apart.json").read_text())
    return Judged(folder, json.loads(done.stdout)["models"], apart, missing)


def read(path: Path) -> list[dict[str, Any]]:
    """Read a table by the standard library alone."""
    with path.open(newline="") as file:
        return [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))


def decide(row: Mapping[str, Any], positive: Any) -> bool:
    """Say whether an answer is positive: its score is at least 0.5, or it is the label, 1 or true."""
    return float(row["score"]) >= 0.5 if "score" in row else row["prediction"] in ("1", "true", str(positive))


def run_by_hand(job: Job, name: str, folder: Path, out: Path) -> list[bool]:
    """Run a command as a person would, on the holdout with its labels, and read what it left."""
    data = {part: folder / job.data / f"{part}.csv" for part in ("train", "holdout")}
    line = str(job.command).replace("{out}", shlex.quote(str(out)))
    for part, path in data.items():
        line = line.replace(f"{{data.{part}}}", shlex.quote(str(path)))
    found = f"{Path(job.python).parent}{os.pathsep}{os.environ['PATH']}"
    told = {"ML_CI_DATA_TRAIN": data["train"], "ML_CI_DATA_HOLDOUT": data["holdout"], "ML_CI_OUT": out}
    given = {**os.environ, "PATH": found, **{key: str(value) for key, value in told.items()}}
    subprocess.run(line, shell=True, cwd=folder / job.said.get("cwd", "."), env=given, check=True, timeout=300)
    answers = read(out / job.answers)
    if "id" in job.said:
        by = {row[job.said["id"]]: row for row in answers}
        answers = [by[row[job.said["id"]]] for row in read(data["holdout"])]
    return [decide(row, job.positive) for row in answers]


def count(model: Mapping[str, Any]) -> list[list[int]]:
    assert model["failure"] is None, model["failure"]
    found = model["candidate"]
    return [[found["tn"], found["fp"]], [found["fn"], found["tp"]]]


def test_the_table_has_its_rows() -> None:
    assert len(TABLE) >= LEAST


@pytest.mark.parametrize("name", TABLE)
def test_counts_are_those_of_scikit_learn(judged: Judged, tmp_path: Path, name: str) -> None:
    if name in judged.missing:
        pytest.skip(f"{judged.missing[name]} is not installed")
    job = TABLE[name]
    labels = [row[job.label] == str(job.positive) for row in read(judged.folder / job.data / "holdout.csv")]
    said = judged.apart.get(name) if job.command is None else run_by_hand(job, name, judged.folder, tmp_path)
    assert isinstance(said, list), said
    expected = confusion_matrix(labels, [bool(one) for one in said], labels=[False, True]).tolist()
    assert count(judged.models[name]) == expected
    assert expected[0][0] and expected[1][1], "a model that is right about some rows of both kinds"
