"""Real data with known answers: COMPAS as ProPublica counted it, Adult in UCI's own split, SMS spam as text."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

COMPAS = """\
version: 1
models:
  compas:
    run: python judge.py {data.holdout} {out}/predictions.csv
    outputs: {predictions: "{out}/predictions.csv"}
    data: {holdout: data/compas.csv}
    label: two_year_recid
    positive: 1
    slices: [race]
    min_rows: 100
    gates:
      - fpr <= 0.4
      - gap(fpr, by=race) <= 0.05
      - ratio(fpr, by=race) <= 1.25
"""
JUDGE = """\
import csv, sys

with open(sys.argv[1]) as rows, open(sys.argv[2], "w") as out:
    out.write("prediction\\n")
    for row in csv.DictReader(rows):
        out.write("0\\n" if row["score_text"] == "Low" else "1\\n")
"""
# rows, TN, FP, FN, TP, FPR %, FNR %
PUBLISHED = {
    "African-American": (3696, 990, 805, 532, 1369, 44.85, 27.99),
    "Caucasian": (2454, 1139, 349, 461, 505, 23.45, 47.72),
    None: (7214, 2681, 1282, 1216, 2035, 32.35, 37.40),
}


def test_compas_gives_the_published_counts_and_rates(make: Any, shared_data: Path) -> None:
    text = (shared_data / "compas-two-years-min.csv").read_bytes()
    project = make({"ml-ci.yaml": COMPAS, "judge.py": JUDGE, "data/compas.csv": text})
    answer = project.run()
    assert answer.code == 1, answer.err
    side = project.model()["candidate"]
    for race, expected in PUBLISHED.items():
        found = side if race is None else side["slices"]["race"][race]
        rates = tuple(round(100 * found["metrics"][name], 2) for name in ("fpr", "fnr"))
        assert (*(found[name] for name in ("rows", "tn", "fp", "fn", "tp")), *rates) == expected
    assert sum(one["rows"] for one in side["slices"]["race"].values()) == 7214
    overall, gap, ratio = project.model()["gates"]
    assert overall["verdict"] == "pass"
    assert gap["verdict"] == "fail"
    assert round(100 * gap["value"], 1) >= 21.4
    assert ratio["verdict"] == "fail"
    assert "Native American" in gap["reason"], "slices that are too small are named"
    project.verify()


ADULT = """\
version: 1
models:
  income:
    train: fit:train
    data:
      train: data/adult.csv
      holdout: {of: train, where: {split: test}}
    label: income
    positive: ">50K"
    slices: [sex]
    gates: [fnr <= 0.6]
    env: [TRAININGS]
"""
FIT_ADULT = """\
import os

from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def train(train):
    with open(os.environ["TRAININGS"], "a") as marks:
        marks.write("%d %s\\n" % (len(train), sorted(set(train["split"]))))
    numbers = list(train.select_dtypes("number").columns)
    words = [name for name in train.columns if name not in (*numbers, "income", "split")]
    columns = make_column_transformer(
        (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words)
    )
    return make_pipeline(columns, LogisticRegression(max_iter=200)).fit(train, train["income"])
"""


@pytest.mark.slow
def test_adult_in_the_split_of_its_authors(make: Any, shared_data: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    data = (shared_data / "adult.csv").read_bytes()
    project = make({"ml-ci.yaml": ADULT, "fit.py": FIT_ADULT, "data/adult.csv": data})
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    side = project.model()["candidate"]
    assert project.marks.read_text() == "32561 ['train']\n"
    assert (side["rows"], side["positives"]) == (16281, 3846)
    assert 0.3 < side["metrics"]["fnr"] < 0.5
    assert 0.04 < side["metrics"]["fpr"] < 0.1
    assert sum(one["rows"] for one in side["slices"]["sex"].values()) == 16281
    project.verify()


SPAM = """\
version: 1
models:
  spam:
    train: fit:train
    predict: fit:score
    data:
      train: data/sms.csv
      holdout: {of: train, share: 0.25}
    label: label
    positive: spam
    gates: [fpr <= 0.02, fnr <= 0.25]
    env: [TRAININGS]
"""
FIT_SPAM = """\
import os

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

TEXT = "text"


def train(train):
    train.to_csv(os.environ["TRAININGS"] + ".train", index=False)
    return make_pipeline(TfidfVectorizer(), LogisticRegression(C=100.0)).fit(train[TEXT], train["label"])


def score(model, rows):
    rows.to_csv(os.environ["TRAININGS"] + ".rows", index=False)
    return model.predict_proba(rows[TEXT])[:, list(model.classes_).index("spam")]
"""


@pytest.mark.slow
def test_sms_spam_as_text_without_leaking_duplicates(make: Any, shared_data: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    source = shared_data / "sms_spam.csv"
    column = next(name for name in source.open(encoding="utf-8").readline().strip().split(",") if name != "label")
    project = make(
        {"ml-ci.yaml": SPAM, "fit.py": FIT_SPAM.replace('"text"', repr(column)), "data/sms.csv": source.read_bytes()}
    )
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    train, rows = (pandas.read_csv(project.marks.with_name(f"marks.{name}")) for name in ("train", "rows"))
    assert len(train) + len(rows) == 5574
    assert 0.2 < len(rows) / 5574 < 0.3
    assert "label" not in rows.columns
    assert not set(train[column]) & set(rows[column]), "a message is on one side only"
    assert project.model()["candidate"]["rows"] == len(rows)
    project.verify()
    shutil.rmtree(project.path / ".ml_ci")
    assert project.run().code == 0, "the cut is the same without a record"
    again = pandas.read_csv(project.marks.with_name("marks.rows"))
    assert again.equals(rows)
