"""Whole runs on tables that are no single file: counts are those of scikit-learn, and no row is matched by its place."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix

from ml_ci.errors import UserError
from ml_ci.pipeline import run
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

FUNCTION = """\
import pandas
from sklearn.linear_model import LogisticRegression

def train(train: pandas.DataFrame):
    return LogisticRegression().fit(train[["a", "b"]], train["y"])
"""
# Reads the parts of both tables in the order that the disk gives them, backwards.
COMMAND = """\
import os, sys
from itertools import pairwise
from pathlib import Path
import pandas
from sklearn.linear_model import LogisticRegression

READ = {".csv": pandas.read_csv, ".jsonl": lambda path: pandas.read_json(path, lines=True), ".parquet": pandas.read_parquet}
how, out, files = sys.argv[1], Path(sys.argv[2]), [Path(one) for one in os.environ["ML_CI_DATA_HOLDOUT"].split("\\n")]
files = sorted(one for at in files for one in (at.rglob("*.*") if at.is_dir() else [at]))
parts = {one: READ[one.suffix](one) for one in reversed(files)}
assert all(rows.y.isna().all() for rows in parts.values()), "the labels are blank"
train = pandas.concat([pandas.read_parquet(one) for one in sorted(Path("data/train").glob("*.parquet"))])
model = LogisticRegression().fit(train[["a", "b"]], train.y)
out.mkdir(exist_ok=True)
if how == "same":
    for one, rows in parts.items():
        scored = pandas.DataFrame({"score": model.predict_proba(rows[["a", "b"]])[:, 1]})
        scored.to_csv(out / (one.name.split(".")[0] + ".csv"), index=False)
else:
    rows = pandas.concat(parts.values()).sample(frac=1, random_state=3)
    scored = rows[["key"]].assign(score=model.predict_proba(rows[["a", "b"]])[:, 1])
    scored = scored if how == "keyed" else scored[["score"]]
    for place in range(3):
        scored[place::3].to_parquet(out / f"p{place}.parquet")
"""
SPEC = """\
version: 1
models:
  m:
    {job}
    data: {{train: {train}, holdout: {holdout}}}
    label: y
    positive: 1
    gates: [fpr <= 1]
    baseline: none
"""
BY_FUNCTION = "train: job:train"


def by_command(how: str) -> str:
    return f"run: python command.py {how} {{out}}/scores\n    outputs: {{predictions: '{{out}}/scores'}}"


def make(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=rows), random.normal(size=rows)
    frame = pd.DataFrame({"key": [f"{number:04}" for number in random.permutation(rows)], "a": a.round(3), "b": b})
    return frame.assign(y=(a + random.normal(size=rows) > 0).astype(int))


WRITE: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    ".jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".feather": lambda frame, path: frame.reset_index(drop=True).to_feather(path),
}


def spread(frame: pd.DataFrame, at: Path, suffix: str, parts: int = 4) -> None:
    """Write a table in parts of different lengths."""
    at.mkdir(parents=True)
    bounds = [len(frame) * part * part // (parts * parts) for part in range(parts + 1)]
    for part, (first, last) in enumerate(pairwise(bounds)):
        WRITE[suffix](frame[first:last], at / f"part-{part}{suffix}")


@pytest.fixture
def judge(repository: Any) -> Callable[..., ModelReport]:
    def judge(job: str, suffix: str, train: str, holdout: str, more: str = "") -> ModelReport:
        top: Path = repository.path
        spread(make(300, 0), top / "data/train", suffix if job == BY_FUNCTION else ".parquet")
        spread(make(400, 1), top / "data/holdout", suffix)
        WRITE[suffix](make(400, 1), top / f"data/all{suffix}")
        spec = SPEC.format(job=job, train=train, holdout=holdout) + more
        repository.commit({"ml-ci.yaml": spec, "job.py": FUNCTION, "command.py": COMMAND, ".gitignore": "data/\n"})
        report = run(Options(start=top, environment=dict(os.environ)))
        return report.models["m"]

    return judge


def expected() -> list[list[int]]:
    train, holdout = make(300, 0), make(400, 1)
    model = LogisticRegression().fit(train[["a", "b"]], train["y"])
    return [list(map(int, row)) for row in confusion_matrix(holdout["y"], model.predict(holdout[["a", "b"]]))]


def counts(found: ModelReport) -> list[list[int]]:
    assert found.failure is None, found.failure
    assert found.candidate is not None
    one = found.candidate.confusion
    return [[one.tn, one.fp], [one.fn, one.tp]]


@pytest.mark.parametrize(
    ("job", "suffix", "train", "holdout", "more"),
    [
        (BY_FUNCTION, ".parquet", "data/train", "data/holdout", ""),
        (BY_FUNCTION, ".csv", "data/train/*.csv", "data/holdout/*.csv", ""),
        (BY_FUNCTION, ".csv.gz", "data/train", "data/holdout", ""),
        (BY_FUNCTION, ".jsonl", "data/train", "data/all.jsonl", ""),
        (BY_FUNCTION, ".feather", "data/train", "data/all.feather", ""),
        (by_command("same"), ".csv", "data/train", "data/holdout", ""),
        (by_command("same"), ".jsonl", "data/train", "data/holdout/*.jsonl", ""),
        (by_command("keyed"), ".parquet", "data/train", "data/holdout", "    id: key\n"),
        (by_command("keyed"), ".parquet", "data/train", "data/holdout", ""),  # the column that both have says it
        (by_command("keyed"), ".jsonl", "data/train", "data/all.jsonl", ""),
    ],
)
def test_counts_are_those_of_scikit_learn(
    judge: Callable[..., ModelReport], job: str, suffix: str, train: str, holdout: str, more: str
) -> None:
    assert counts(judge(job, suffix, train, holdout, more)) == expected()


@pytest.mark.parametrize("holdout", ["data/holdout", "data/all.csv"])
def test_parts_are_not_matched_by_their_place(judge: Callable[..., ModelReport], holdout: str) -> None:
    found = judge(by_command("bare"), ".csv", "data/train", holdout)
    assert found.failure is not None
    assert found.failure.code == "parts-order"
    assert "lies in" in found.failure.message and "`id:`" in found.failure.hint


def test_no_part_is_cut_out_of_parts(judge: Callable[..., ModelReport]) -> None:
    with pytest.raises(UserError, match="data/train is a folder of parts, and rows can be taken out of one"):
        found = judge(BY_FUNCTION, ".csv", "data/train", "{of: train, share: 0.3}")
        print(json.dumps(str(found)))
