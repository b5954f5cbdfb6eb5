"""The same data through a shell command, a script that leaves model.pkl, and a Python function: the same verdict."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

FUNCTION = """\
from sklearn.linear_model import LogisticRegression


def train(train):
    return LogisticRegression().fit(train[["x"]], train["bought"])
"""

SCRIPT = """\
import pickle

import pandas
from sklearn.linear_model import LogisticRegression

rows = pandas.read_csv("data/train.csv")
model = LogisticRegression().fit(rows[["x"]], rows["bought"])
with open("model.pkl", "wb") as file:
    pickle.dump(model, file)
"""

# Knows nothing of ml-ci: two files in, one file out.
PREDICT = """\
import sys

import pandas
from sklearn.linear_model import LogisticRegression

train, holdout = (pandas.read_csv(path) for path in sys.argv[1:3])
model = LogisticRegression().fit(train[["x"]], train["bought"])
scores = model.predict_proba(holdout[["x"]])[:, list(model.classes_).index("yes")]
pandas.DataFrame({"score": scores}).to_csv(sys.argv[3], index=False)
"""

JOBS = {
    "function": "    train: fit:train\n",
    "script": "    run: python train.py\n    outputs: {model: model.pkl}\n",
    "shell": (
        "    run: |\n"
        "      python predict.py {data.train} {data.holdout} raw.csv\n"
        "      awk -F, 'NR == 1 {print \"score\"} NR > 1 {print $1}' raw.csv > {out}/predictions.csv\n"
        '    outputs: {predictions: "{out}/predictions.csv"}\n'
    ),
}


def test_three_kinds_of_job_give_the_same_numbers(make: Any, files: dict[str, str]) -> None:
    reports = {}
    project = make({**files, "fit.py": FUNCTION, "train.py": SCRIPT, "predict.py": PREDICT})
    for kind, job in JOBS.items():
        config = files["ml-ci.yaml"].replace("    train: model:train\n    predict: model:score\n", job)
        config = config.replace("fnr <= baseline.fnr + 0.05", "each(fnr, by=region) <= 0.05")
        project.write({"ml-ci.yaml": config})
        answer = project.run()
        assert answer.code == 1, answer.err + answer.out
        reports[kind] = project.model()
        project.verify()
    numbers = {kind: told(model) for kind, model in reports.items()}
    assert numbers["function"] == numbers["script"] == numbers["shell"]
    assert reports["function"]["candidate"]["rows"] == 200
    assert 0 < reports["function"]["candidate"]["fn"] < 100
    assert {gate["verdict"] for gate in reports["function"]["gates"]} == {"pass", "fail"}


def told(model: Any) -> Any:
    """Give what must not depend on the kind of job."""
    side = model["candidate"]
    counts = {name: side[name] for name in ("rows", "positives", "tp", "fp", "tn", "fn")}
    metrics = {name: side["metrics"][name] for name in ("fpr", "fnr", "precision", "auc", "brier", "log_loss")}
    gates = [(gate["condition"], gate["slice"], gate["verdict"], gate["value"]) for gate in model["gates"]]
    return model["verdict"], counts, {name: round(value, 9) for name, value in metrics.items()}, side["slices"], gates
