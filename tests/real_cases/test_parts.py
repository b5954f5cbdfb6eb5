"""Whole runs on tables that a cut, a reader or a path once changed: the counts of the user's own split."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_ci.pipeline import run
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

pytestmark = pytest.mark.usefixtures("shared_imports")

BY_PATH = """\
import csv
from pathlib import Path

class Model:
    pass

def train(train: Path):
    return Model()

def score(model, rows: Path):
    return [0.9 if float(row["a"]) > 0.5 else 0.1 for row in csv.DictReader(open(rows, newline=""))]
"""
FOREST = """\
import pandas
from sklearn.tree import DecisionTreeClassifier

def train(train: pandas.DataFrame):
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(train.drop(columns=["y"]), train["y"])
"""
BY_CODE = """\
import pandas

class Model:
    pass

def train(train: pandas.DataFrame):
    model = Model()
    model.rate = train.assign(code=train.code.astype(str)).groupby("code").y.mean().to_dict()
    return model

def score(model, rows: pandas.DataFrame):
    return [float(model.rate.get(code, 0.0)) for code in rows.code.astype(str)]
"""
CATEGORIES = """\
import pandas

class Model:
    pass

def train(train: pandas.DataFrame):
    model = Model()
    chosen = train.select_dtypes("category")
    model.rate = {} if chosen.empty else train.groupby(chosen.columns[0], observed=True).y.mean().to_dict()
    return model

def score(model, rows: pandas.DataFrame):
    return [float(model.rate.get(code, 0.0)) for code in rows.select_dtypes("category").iloc[:, 0]]
"""
SCRIPT = """\
import collections, csv, json, sys

def rates(path):
    rows = list(csv.DictReader(open(path)))
    seen = collections.Counter(row["kind"] for row in rows)
    yes = collections.Counter(row["kind"] for row in rows if row["y"] == "yes")
    return {kind: yes[kind] / seen[kind] for kind in seen}

json.dump(rates("all.csv"), open("model.json", "w"))
if len(sys.argv) > 1:
    known = json.load(open("model.json"))
    with open(sys.argv[2], "w") as out:
        print("score", file=out)
        for row in csv.DictReader(open(sys.argv[1])):
            print(known.get(row["kind"], 0), file=out)
"""
ADAPTER = """\
import csv, json

def predict(model: str, rows: str):
    known = json.load(open(model))
    return [float(known.get(row["kind"], 0)) for row in csv.DictReader(open(rows))]

def by_pandas(model: str, rows):
    known = json.load(open(model))
    return [float(known.get(kind, 0)) for kind in rows["kind"]]

def by_polars(model: str, rows: "polars.DataFrame"):
    return by_pandas(model, rows)
"""


def _spec(job: str, data: str, positive: str = "1") -> str:
    head = "version: 1\nmodels:\n  m:\n"
    return f"{head}    {job}\n    data: {data}\n    label: y\n    positive: {positive}\n    gates: [fpr <= 1]\n"


@pytest.fixture
def judge(make_repository: Callable[[str], Any]) -> Callable[..., ModelReport]:
    """Commit files in a repository and give what a run says of its model `m`."""

    def judged(files: dict[str, str | bytes], folder: str = "repository") -> ModelReport:
        repository = make_repository(folder)
        repository.commit(files)
        return run(Options(start=repository.path, environment=dict(os.environ), baseline="none")).models["m"]

    return judged


def _counts(report: ModelReport) -> tuple[int, int, int, int]:
    assert report.failure is None, report.failure
    assert report.candidate is not None
    found = report.candidate.confusion
    return found.tp, found.fp, found.tn, found.fn


def _parquet(frame: pd.DataFrame, folder: Path) -> bytes:
    file = folder / "made.parquet"
    frame.to_parquet(file)
    return file.read_bytes()


PART = "{train: data/all.parquet, holdout: {of: train, share: 0.3}}"


def test_an_index_is_no_feature(judge: Callable[..., ModelReport], tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=600), "y": (draw.random(600) < 0.4) * 1})
    frame.index = frame.index + frame.y * 10_000  # it gives the label away
    found = judge(
        {
            "t.py": FOREST,
            "data/all.parquet": _parquet(frame.sample(frac=1, random_state=1), tmp_path),
            "ml-ci.yaml": _spec("train: t:train", PART),
        }
    )
    assert _counts(found) == (3, 4, 101, 72)  # what pandas and scikit-learn give of the same split


def test_categories_stay_categories(judge: Callable[..., ModelReport], tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    codes = draw.choice(list("abcd"), 600)
    label = (np.isin(codes, ["a", "b"]) != (draw.random(600) < 0.05)) * 1
    frame = pd.DataFrame(
        {"n": range(600), "code": pd.Categorical(codes, categories=list("dcbaz"), ordered=True), "y": label}
    )
    found = judge(
        {
            "t.py": CATEGORIES,
            "data/all.parquet": _parquet(frame, tmp_path),
            "ml-ci.yaml": _spec("train: t:train\n    predict: t:score", PART),
        }
    )
    tp, fp, tn, fn = _counts(found)
    assert fn / (tp + fn) < 0.2
    assert fp / (fp + tn) < 0.2


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_path_changes_no_row(judge: Callable[..., ModelReport], suffix: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    x = draw.normal(size=300)
    frame = pd.DataFrame({"a": x, "year": draw.choice([2019, 2020], 300), "y": (x > 0.5) * 1})
    content = _parquet(frame, tmp_path) if suffix == "parquet" else frame.to_csv(index=False)
    read = "pandas.read_parquet(rows)" if suffix == "parquet" else "pandas.read_csv(rows)"
    job = BY_PATH.replace("import csv", "import pandas").replace(
        'csv.DictReader(open(rows, newline=""))', f'{read}.to_dict("records")'
    )
    files = {
        "t.py": job,
        f"year=2024/all.{suffix}": content,
        "ml-ci.yaml": _spec(
            "train: t:train\n    predict: t:score",
            f"{{train: year=2024/all.{suffix}, holdout: {{of: train, share: 0.3}}}}",
        ),
    }
    assert _counts(judge(files, "a=1/[x] y=2")) == (18, 0, 81, 0)  # of CSV and of Parquet


def test_a_gap_in_the_training_rows_types_the_holdout_too(judge: Callable[..., ModelReport]) -> None:
    draw = random.Random(1)
    lines = ["code,split,y"]
    for place in range(800):
        for code in draw.choice("1234"):
            label = int((code in "12") != (draw.random() < 0.05))
            lines.append(f"{code if place % 50 or place >= 500 else ''},{('train', 'test')[place >= 500]},{label}")
    found = judge(
        {
            "t.py": BY_CODE,
            "data/all.csv": "\n".join(lines) + "\n",
            "ml-ci.yaml": _spec(
                "train: t:train\n    predict: t:score",
                "{train: data/all.csv, holdout: {of: train, where: {split: test}}}",
            ),
        }
    )
    assert _counts(found) == (154, 7, 130, 9)


def test_line_ends_inside_of_quotes(judge: Callable[..., ModelReport]) -> None:
    text = "a,text,y\n" + '0.9,"x\r\ny",1\n0.1,"x\r\ny",0\n' * 3
    spec = _spec("train: t:train\n    predict: t:score", "{train: data/train.csv, holdout: data/holdout.csv}")
    found = judge({"t.py": BY_PATH, "data/train.csv": text, "data/holdout.csv": text, "ml-ci.yaml": spec})
    assert _counts(found) == (3, 0, 3, 0)


@pytest.mark.parametrize(
    "job",
    [
        "run: python job.py\n    outputs: {model: model.json}\n    predict: adapter:predict",
        "run: python job.py\n    outputs: {model: model.json}\n    predict: adapter:by_pandas",
        "run: python job.py\n    outputs: {model: model.json}\n    predict: adapter:by_polars",
        'run: python job.py {data.holdout} {out}/s.csv\n    outputs: {predictions: "{out}/s.csv"}',
    ],
    ids=["a model that is scored", "by pandas", "by polars", "predictions"],
)
def test_a_job_that_reads_a_part_itself_finds_the_bytes(judge: Callable[..., ModelReport], job: str) -> None:
    draw = random.Random(0)
    lines = ["x,kind,y"]
    for place in range(2000):
        kind = draw.choice(["red", "blue"])
        lines.append(f"{place}, {kind},{'yes' if draw.random() < (0.9 if kind == 'red' else 0.1) else 'no'}")
    data = "{train: all.csv, holdout: {of: train, share: 0.2}}"
    found = judge(
        {
            "job.py": SCRIPT,
            "adapter.py": ADAPTER,
            "all.csv": "\n".join(lines) + "\n",
            "ml-ci.yaml": _spec(job, data, '"yes"'),
        }
    )
    assert _counts(found) == (204, 20, 180, 15)  # FPR 10%, FNR 7%; trimmed values gave FNR 100%


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig"])
def test_an_encoding_is_handed_on(judge: Callable[..., ModelReport], library: str, encoding: str) -> None:
    text = "city,a,y\n" + "Köln,0.9,1\nBonn,0.1,0\n" * 20
    job = (
        f"import {library}\n\nclass Model:\n    pass\n\n"
        f"def train(train: {library}.DataFrame):\n    model = Model()\n    model.names = set(train['city'])\n"
        f"    return model\n\ndef score(model, rows: {library}.DataFrame):\n"
        "    assert set(rows['city']) == model.names == {'Köln', 'Bonn'}\n    return [float(a) for a in rows['a']]\n"
    )
    found = judge(
        {
            "t.py": job,
            "train.csv": text.encode(encoding),
            "holdout.csv": text.encode(encoding),
            "ml-ci.yaml": _spec("train: t:train\n    predict: t:score", "{train: train.csv, holdout: holdout.csv}"),
        }
    )
    assert _counts(found) == (20, 0, 20, 0)
