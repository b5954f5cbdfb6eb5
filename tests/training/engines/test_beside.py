"""Engines that leave folders of parts, and a service: the examples, and jobs of Dask and Beam, each in a whole run.

`ML_CI_ENGINES` (gRPC and Dask), `ML_CI_SPARK` and `ML_CI_BEAM` name their Pythons; what is not there is skipped by its
name.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix

from ml_ci.cli.main import call

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "examples"
PYTHONS = {name: os.environ.get(f"ML_CI_{name}") or sys.executable for name in ("ENGINES", "SPARK", "BEAM")}
INPUTS = ("months", "calls", "price")


@cache
def lacks(python: str, module: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run((python, "-c", code), capture_output=True, check=False).returncode != 0


@pytest.fixture
def judge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Give what commits an example with the given files beside it, runs ml-ci in it, and gives the model's report."""

    def judge(example: str, engine: str, module: str, files: Mapping[str, str] | None = None, program: str = "") -> Any:
        if lacks(PYTHONS[engine], module):
            pytest.skip(f"{module} is not installed")
        if program and shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        folder = tmp_path / example
        if not folder.exists():
            ignored = shutil.ignore_patterns("__pycache__", ".ml_ci")
            shutil.copytree(EXAMPLES / example, folder, ignore=ignored)
            (folder / ".gitignore").write_text("__pycache__/\n.ml_ci/\n")
            subprocess.run(("git", "init", "-q", "-b", "main"), cwd=folder, check=True)
        for name, content in (files or {}).items():
            (folder / name).write_text(content)
        for command in (("add", "-A"), ("commit", "-q", "--allow-empty", "-m", example)):
            subprocess.run(("git", *command), cwd=folder, check=True)
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = call(["run", "--json", "--python", PYTHONS[engine]])
        said = capsys.readouterr()
        [model] = json.loads(said.out)["models"].values()
        return {**model, "code": code, "folder": folder}

    return judge


def count(model: Mapping[str, Any]) -> list[list[int]]:
    assert model["failure"] is None, model["failure"]
    found = model["candidate"]
    return [[found["tn"], found["fp"]], [found["fn"], found["tp"]]]


def features(row: Mapping[str, Any]) -> list[float]:
    return [float(row[name]) for name in INPUTS]


def read_parts(folder: Path) -> list[dict[str, Any]]:
    parts = sorted((folder / "data" / "holdout").iterdir())
    return [row for part in parts for row in pyarrow.parquet.read_table(part).to_pylist()]


def fit_apart(folder: Path) -> list[list[int]]:
    """Fit the same regression by scikit-learn, and count it by scikit-learn."""
    with (folder / "data" / "train.csv").open(newline="") as file:
        train = list(csv.DictReader(file))
    fitted = LogisticRegression(C=1e12, max_iter=10_000, tol=1e-10)
    fitted.fit([features(row) for row in train], [row["left"] for row in train])
    rows = read_parts(folder)
    predicted = fitted.predict([features(row) for row in rows])
    found: list[list[int]] = confusion_matrix([row["left"] for row in rows], predicted, labels=["no", "yes"]).tolist()
    return found


def test_a_spark_job_leaves_a_folder_of_parts(judge: Callable[..., Any]) -> None:
    model = judge("spark", "SPARK", "pyspark", program="java")
    assert (model["code"], model["verdict"]) == (0, "pass"), model
    assert count(model) == fit_apart(model["folder"])


DASK = """\
import sys
from pathlib import Path
import dask.dataframe as dd
from sklearn.linear_model import LogisticRegression

INPUTS = ["months", "calls", "price"]

def score(part, fitted):
    return part[["customer"]].assign(score=fitted.predict_proba(part[INPUTS])[:, 1])

if __name__ == "__main__":
    train, holdout, out, how = *map(Path, sys.argv[1:4]), sys.argv[4]
    rows = dd.read_csv(train).compute()
    fitted = LogisticRegression(C=1e12, max_iter=10_000, tol=1e-10).fit(rows[INPUTS], rows.left)
    scored = dd.read_parquet(holdout)[["customer", *INPUTS]].map_partitions(score, fitted)
    scored = scored.repartition(npartitions=5) if how == "csv" else scored
    if how == "parquet":
        scored.to_parquet(out)
    elif how == "csv":
        scored.to_csv(out / "part-*.csv", index=False)
    else:
        scored.to_json(out / "part-*.jsonl", orient="records", lines=True)
"""


@pytest.mark.parametrize("how", ["parquet", "csv", "jsonl"])
def test_a_dask_job_leaves_a_folder_of_parts(judge: Callable[..., Any], how: str) -> None:
    spec = (EXAMPLES / "spark" / "ml-ci.yaml").read_text()
    assert "{out}/scores\n" in spec
    model = judge("spark", "ENGINES", "dask", {
        "train.py": DASK, "ml-ci.yaml": spec.replace("{out}/scores\n", f"{{out}}/scores {how}\n"),
    })  # fmt: skip
    assert count(model) == fit_apart(model["folder"])


BEAM = """\
import csv, json, sys
import apache_beam as beam

train, holdout, out = sys.argv[1:]
with open(train, newline="") as file:
    rows = list(csv.DictReader(file))
means = [sum(float(row["calls"]) for row in rows if row["left"] == label) / sum(row["left"] == label for row in rows)
         for label in ("no", "yes")]
limit = sum(means) / 2

def answer(row):
    return json.dumps({"customer": row["customer"], "prediction": "yes" if row["calls"] >= limit else "no"})

with beam.Pipeline(runner="DirectRunner") as pipeline:
    (pipeline | beam.io.ReadFromParquet(holdout + "/*.parquet") | beam.Map(answer)
     | beam.io.WriteToText(out + "/scores", file_name_suffix=".jsonl", num_shards=3))
"""


def test_a_beam_job_leaves_a_folder_of_parts(judge: Callable[..., Any]) -> None:
    model = judge("spark", "BEAM", "apache_beam", {"train.py": BEAM})
    with (model["folder"] / "data" / "train.csv").open(newline="") as file:
        train = list(csv.DictReader(file))
    means = []
    for label in ("no", "yes"):
        calls = [float(row["calls"]) for row in train if row["left"] == label]
        means.append(sum(calls) / len(calls))
    rows = read_parts(model["folder"])
    predicted = ["yes" if row["calls"] >= sum(means) / 2 else "no" for row in rows]
    labels = [row["left"] for row in rows]
    assert count(model) == confusion_matrix(labels, predicted, labels=["no", "yes"]).tolist()


def test_a_grpc_service_is_asked_and_ends_with_the_job(judge: Callable[..., Any]) -> None:
    model = judge("grpc", "ENGINES", "grpc")
    assert (model["code"], model["verdict"], model["action"]) == (0, "pass", "train"), model
    folder = model["folder"]
    service = (folder / "scoring" / "__main__.py").read_text()
    changed = service.replace('"""Give the probability that a customer leaves."""', '"""Give a probability."""')
    assert judge("grpc", "ENGINES", "grpc", {"scoring/__main__.py": changed})["action"] == "reuse"
    weights = (folder / "model.json").read_text().replace('"bias": -12.8', '"bias": -15.8')
    model = judge("grpc", "ENGINES", "grpc", {"model.json": weights})
    assert (model["action"], [change["part"] for change in model["changes"]]) == ("train", ["code"])
    running = subprocess.run(("ps", "-eo", "args"), capture_output=True, text=True, check=True).stdout
    assert "-m scoring 0" not in running


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"bias"', '"base"', "Exception iterating responses: 'bias'"),  # as the first row is scored
        ("{", "{{", "ValueError"),  # at the start: no line says a port
    ],
)
def test_a_grpc_service_that_fails_is_an_error_with_its_words(
    judge: Callable[..., Any], old: str, new: str, said: str
) -> None:
    weights = (EXAMPLES / "grpc" / "model.json").read_text().replace(old, new, 1)
    model = judge("grpc", "ENGINES", "grpc", {"model.json": weights})
    assert (model["code"], model["verdict"]) == (1, "error"), model
    assert said in model["failure"]["message"], model["failure"]
