"""Models of every library, stored as the library does, scored without an adapter: counted as scikit-learn counts.

`ML_CI_ENGINES` names a Python that has the libraries, where this one has not; what it lacks is skipped by its name.
"""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy
import pytest

from ml_ci.spec.values import Load
from ml_ci.training.interpreter import find
from ml_ci.training.values import Interpreter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PYTHON = os.environ.get("ML_CI_ENGINES") or sys.executable
NET = """
import torch
def build():
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1), torch.nn.Sigmoid())
def build_like(weights):
    assert weights["0.weight"].shape == (8, 4)
    return build()
"""
WAYS = (
    "xgboost_json", "xgboost_ubj", "xgboost_without_names", "xgboost_categories", "xgboost_classes", "lightgbm_txt",
    "lightgbm_categories", "lightgbm_without_names", "catboost_cbm", "catboost_json", "catboost_json_categories", "onnx_maps", "onnx_arrays",
    "onnx_columns", "onnx_network", "skops_file", "joblib_plain", "joblib_zlib", "joblib_gzip", "joblib_bz2",
    "joblib_xz", "joblib_lzma", "torch_script", "torch_export", "torch_module", "torch_weights", "safetensors_file",
    "keras_file", "keras_h5", "mlflow_sklearn", "mlflow_xgboost", "mlflow_lightgbm", "object_xgboost",
    "object_lightgbm", "object_catboost", "object_onnx", "object_torch", "object_keras",
)  # fmt: skip


@pytest.fixture(scope="session")
def python() -> Interpreter:
    return find(PYTHON, Path.cwd())


WEIGHTS = (
    ("torch_weights", {}, "model.ckpt holds weights, and not the module", "load: {factory: module:function}"),
    ("safetensors_file", {}, "model.safetensors holds weights", "load: {factory: module:function}"),
    (
        "safetensors_file",
        {"factory": "net:narrow"},
        "model.safetensors does not load by safetensors: RuntimeError",
        "a whole file",
    ),
    (
        "safetensors_file",
        {"factory": "net:nothing"},
        "net.py has no function `nothing`",
        "It defines: build, build_like",
    ),
)
COLUMNS = (
    (
        "xgboost_json",
        "a,b,c\n1,2,3\n",
        "XGBoost was fitted on the columns a, b, c, d, and the rows have no `d`; they have a, b, c",
    ),
    (
        "lightgbm_txt",
        "a,b,c,d\n1,2,3,4\n",
        "LightGBM was fitted on the columns a, b, c_c, d, and the rows have no `c_c`",
    ),
    (
        "catboost_json",
        "x\n1\n",
        "CatBoost was fitted on the columns a, b, c, d, and the rows have no `a`, `b`, `c`, `d`",
    ),
    (
        "xgboost_without_names",
        "a,b,c,d,id\n1,2,3,4,5\n",
        "XGBoost takes 4 columns and does not name them, and the rows have 5: a, b, c, d, id",
    ),
    (
        "lightgbm_without_names",
        "a,b,c\n1,2,3\n",
        "LightGBM takes 4 columns and does not name them, and the rows have 3",
    ),
    ("onnx_network", "a,b,c,d\n1,2,3,red\n", "the ONNX model takes numbers, and the rows have other values in d"),
    ("onnx_columns", "a,b,c,d\n1,2,3,4\n", "the rows have no `colour`"),
    ("keras_file", "a,b,c\n1,2,3\n", "the Keras model takes 4 columns and does not name them, and the rows have 3"),
    ("torch_script", "a,b,c,d\n1,2,3,red\n", "the PyTorch model takes numbers, and the rows have other values in d"),
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Train and store with every library of the interpreter, and score each file; each once, in one process."""
    folder = tmp_path_factory.mktemp("engines")
    _python("made.py", folder)
    made: dict[str, Any] = json.loads((folder / "made.json").read_text())
    (folder / "net.py").write_text(NET + "def narrow(): return torch.nn.Linear(4, 1)\n")
    cases = {
        way: _ask(folder, way, said, said.get("load", {})) for way, said in made["engines"].items() if "path" in said
    }
    for number, (way, load, *_) in enumerate(WEIGHTS):
        if way in cases:
            cases[f"weights {number}"] = _ask(folder, f"weights-{number}", made["engines"][way], load)
    for number, (way, rows, _) in enumerate(COLUMNS):
        if way in cases:
            (folder / f"rows-{number}.csv").write_text(rows)
            said = {**made["engines"][way], "rows": str(folder / f"rows-{number}.csv")}
            cases[f"columns {number}"] = _ask(folder, f"columns-{number}", said, {})
    (folder / "cases.json").write_text(json.dumps(cases))
    _python("score.py", ROOT, folder / "cases.json")
    return {**made, "cases": json.loads((folder / "cases.json").read_text())}


def _python(program: str, *arguments: Path) -> None:
    argv = (PYTHON, str(Path(__file__).with_name(program)), *map(str, arguments))
    # One thread each: on a busy machine theirs wait for each other.
    given = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(argv, env=given, capture_output=True, text=True, timeout=900)
    if "No module named 'sklearn'" in done.stderr:
        pytest.skip("scikit-learn is not installed")
    assert done.returncode == 0, done.stderr[-2000:]


def _ask(folder: Path, name: str, said: Mapping[str, Any], load: Mapping[str, Any]) -> dict[str, Any]:
    rows = said.get("rows") or str(Path(said["path"]).parent / "rows.csv")
    request: dict[str, Any] = {
        "entry": None, "artifact": said["path"], "load": load, "rows": {"path": rows}, "count": None,
        "positive": {"values": [said.get("positive", 1)], "comparison": None}, "labels": said.get("labels", ["0", "1"]),
        "work": str(folder / "work" / name), "folder": str(folder), "cwd": str(folder),
    }  # fmt: skip
    Path(request["work"]).mkdir(parents=True)
    return {"request": request}


def _case(made: Mapping[str, Any], name: str, way: str) -> Mapping[str, Any]:
    said = made["engines"][way]
    if "missing" in said:
        pytest.skip(f"{said['missing']} is not installed")
    return dict(made["cases"][name])


def read(path: Path, kind: str, positive: str) -> list[bool]:
    """Decide by hand: nothing of ml-ci's own reading."""
    if path.suffix == ".npy":
        return [bool(score >= 0.5) for score in numpy.load(path)]
    with path.open(newline="") as stream:
        values = [row[0] for row in csv.reader(stream)][1:]
    return [float(one) >= 0.5 if kind == "probability" else one == positive for one in values]


def count(scores: list[bool], y: list[int]) -> list[list[int]]:
    """Count by hand: nothing of ml-ci's own counting."""
    pairs = list(zip(y, scores, strict=True))
    return [[pairs.count((true, said)) for said in (False, True)] for true in (0, 1)]


def test_every_way_has_a_row(made: Mapping[str, Any]) -> None:
    assert sorted(made["engines"]) == sorted(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_counts_are_those_of_scikit_learn(made: Mapping[str, Any], way: str) -> None:
    case = _case(made, way, way)
    assert "failure" not in case, case["failure"]
    positive = str(made["engines"][way].get("positive", 1))
    scores = read(Path(case["request"]["work"], case["answer"]["written"]), case["answer"]["kind"], positive)
    assert count(scores, made["y"]) == made["engines"][way]["matrix"]


@pytest.mark.parametrize("number", range(len(WEIGHTS)))
def test_weights_need_the_module_that_they_belong_to(made: Mapping[str, Any], number: int) -> None:
    way, _, message, hint = WEIGHTS[number]
    failure = _case(made, f"weights {number}", way)["failure"]
    assert message in failure["message"]
    assert hint in failure["hint"]


@pytest.mark.parametrize("number", range(len(COLUMNS)))
def test_columns_that_do_not_fit_are_named(made: Mapping[str, Any], number: int) -> None:
    way, _, message = COLUMNS[number]
    failure = _case(made, f"columns {number}", way)["failure"]
    assert failure["code"] == "model-columns"
    assert message in failure["message"]
    assert "predict: module:function" in failure["hint"]


@pytest.mark.parametrize("way", ["xgboost_ubj", "safetensors_file", "joblib_plain"])
def test_a_job_of_its_own_scores_alike(jobs: Any, python: Interpreter, made: Mapping[str, Any], way: str) -> None:
    _case(made, way, way)
    said = made["engines"][way]
    jobs.write("net.py", NET)
    path = Path(said["path"])
    load = Load(**said.get("load", {}))
    rows = (path.parent / "rows.csv").read_text()
    scored = jobs.scored(path, rows, interpreter=python, labels=("0", "1"), load=load, count=len(made["y"]))
    assert count(read(scored.predictions, scored.kind, "1"), made["y"]) == said["matrix"]
