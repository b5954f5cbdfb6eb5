"""Models of Adult and COMPAS, sound ones and such with one realistic fault, as a user's code and in this process."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ml_ci.behaviours.asks import Answers, Ask
from ml_ci.behaviours.columns import Columns, read_columns
from ml_ci.tables.table import Table

# The user's module: FAULT is the number of a fault of `reference/behaviours.md`, 0 is the sound model.
INCOME = """\
import numpy
import pandas
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FAULT = 0
NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "native_country"]
TEXTS += ["sex"] if FAULT == 1 else []


def clean(rows):
    rows = rows.copy()
    texts = rows[TEXTS].assign(occupation=rows["occupation"].ffill()) if FAULT == 8 else rows[TEXTS]
    texts = texts.fillna("missing").astype(str)
    rows[TEXTS] = texts if FAULT == 4 else texts.apply(lambda column: column.str.strip().str.lower())
    if FAULT == 7:
        rows["capital_gain"] = rows["capital_gain"].where(rows["capital_gain"] <= 30000, 0)
    rows["capital_gain"] = numpy.log1p(rows["capital_gain"].clip(lower=0))
    rows["capital_loss"] = numpy.log1p(rows["capital_loss"].clip(lower=0))
    return rows


class Income:
    classes_ = ["<=50K", ">50K"]

    def fit(self, rows, labels):
        rows = clean(rows)
        self.scaler = StandardScaler().fit(rows[NUMBERS])
        self.encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False).fit(rows[TEXTS])
        self.model = LogisticRegression(max_iter=500).fit(self.features(rows), labels)
        return self

    def features(self, rows):
        scaler = StandardScaler().fit(rows[NUMBERS]) if FAULT == 6 and hasattr(self, "model") else self.scaler
        return numpy.hstack([scaler.transform(rows[NUMBERS]), self.encoder.transform(rows[TEXTS])])

    def predict_proba(self, rows):
        return self.model.predict_proba(self.features(clean(rows)))


def train(train):
    return Income().fit(train, train["income"])
"""
# How the rows come to the same model where it is served: one fault for each number.
SERVING = """\
import sys

import pandas

import income

FAULT = 0


def serve(rows):
    rows = rows.copy()
    if FAULT == 2:
        rows["occupation"] = rows["occupation"].fillna("Exec-managerial")
        rows["workclass"] = rows["workclass"].fillna("Private")
    if FAULT == 3:
        rows["hours_per_week"] = rows["hours_per_week"] / 7
    if FAULT == 5:
        rows["capital_gain"], rows["capital_loss"] = rows["capital_loss"], rows["capital_gain"]
    return rows


if __name__ == "__main__":
    model = income.train(pandas.read_csv("data/train.csv"))
    scores = model.predict_proba(serve(pandas.read_csv(sys.argv[1])))[:, 1]
    pandas.DataFrame({"score": scores}).to_csv(sys.argv[2], index=False)
"""
RECIDIVISM = """\
import numpy
from sklearn.linear_model import LogisticRegression

FAULT = 0


def features(rows):
    priors = rows["priors_count"].clip(lower=0)
    if FAULT == 1:  # a field of one character
        priors = priors.astype(int).astype(str).str[0].astype(int).where(priors >= 25, priors)
    columns = [numpy.log1p(priors), rows["age"].clip(18, 70) / 10, rows["c_charge_degree"] == "F"]
    if FAULT == 2:
        columns += [(rows["race"] == one) * 1.0 for one in ("African-American", "Caucasian", "Hispanic")]
    return numpy.column_stack([numpy.asarray(one, float) for one in columns])


class Recidivism:
    classes_ = [0, 1]

    def fit(self, rows, labels):
        self.model = LogisticRegression(max_iter=500).fit(features(rows), labels)
        return self

    def predict_proba(self, rows):
        return self.model.predict_proba(features(rows))


def train(train):
    return Recidivism().fit(train, train["two_year_recid"])
"""
LABEL, POSITIVE = "income", ">50K"
AT_SERVING = (2, 3, 5)


def with_fault(text: str, fault: int) -> str:
    """Plant a fault in the text of a module."""
    assert "FAULT = 0" in text
    return text.replace("FAULT = 0", f"FAULT = {fault}")


def load_module(text: str, name: str = "income") -> ModuleType:
    """Make a module of a text."""
    module = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


def cut_adult(source: Path, folder: Path, train: int = 12_000, holdout: int = 4_000) -> tuple[Path, Path]:
    """Write some rows of UCI's own split, without the column that says which: train.csv and holdout.csv."""
    with source.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    split = names.index("split")
    found = []
    for name, wanted, most in (("train", "train", train), ("holdout", "test", holdout)):
        path = folder / f"{name}.csv"
        kept = [row for row in rows if row[split] == wanted][:most]
        write_rows(path, [one for one in names if one != "split"], [row[:split] + row[split + 1 :] for row in kept])
        found.append(path)
    return found[0], found[1]


def cut_compas(source: Path, folder: Path, train: int = 4_000) -> tuple[Path, Path]:
    """Write the first rows of COMPAS as train.csv, the others as holdout.csv."""
    with source.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    found = folder / "train.csv", folder / "holdout.csv"
    for path, some in zip(found, (rows[:train], rows[train:]), strict=True):
        write_rows(path, names, some)
    return found


def write_rows(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([names, *rows])


class InProcess:
    """Ask a function of a pandas frame in this process, as a scoring worker does in another."""

    def __init__(self, holdout: Path, score: Callable[[Any], Any], label: str = LABEL) -> None:
        import pandas as pd

        self.frame = pd.read_csv(holdout).drop(columns=label)
        self.score = score

    def __call__(self, ask: Ask) -> Answers:
        rows = self.frame.iloc[ask.rows].reset_index(drop=True)
        for column, cells in ask.edits.items():
            rows[column] = list(cells)
        if ask.alone:
            scores = np.concatenate([self.score(rows.iloc[[place]]) for place in range(len(rows))])
        else:
            scores = np.asarray(self.score(rows))
        return Answers(scores, (scores >= 0.5).astype(np.int8))


def open_holdout(path: Path, label: str = LABEL) -> Columns:
    """Read a holdout's columns without its label."""
    return read_columns(Table.open(path), [label])
