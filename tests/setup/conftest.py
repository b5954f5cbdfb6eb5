"""Repositories of different shapes, small look-alikes of what is out there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ml_ci.cli.init import command as init

NUMBERS = "".join(f"{n * 0.5:.3e} {n * 0.25:.3e}\n" for n in range(1, 41))
LABELS = "".join(f"{n % 2:.3e}\n" for n in range(40))
CENSUS = "age, workclass, sex, salary\n" + "".join(
    f"{20 + n}, Private, {'Male' if n % 2 else 'Female'}, {'>50K' if n % 4 == 0 else '<=50K'}\n" for n in range(80)
)
CUSTOMERS = "id,tenure,churned\n" + "".join(f"{n},{n % 7},{int(n % 5 == 0)}\n" for n in range(60))

# A flat repository: one script, features and labels in files without a header, nothing saved.
FLAT = {
    "train.py": """\
import numpy as np
from sklearn.ensemble import RandomForestClassifier
X_train = np.genfromtxt("data/train_features.csv")
y_train = np.genfromtxt("data/train_labels.csv")
X_test = np.genfromtxt("data/test_features.csv")
y_test = np.genfromtxt("data/test_labels.csv")
clf = RandomForestClassifier(max_depth=5).fit(X_train, y_train)
with open("metrics.txt", "w") as out:
    out.write(str(clf.score(X_test, y_test)))
""",
    "get_data.py": "import numpy as np\nnp.savetxt('data/train_labels.csv', [0, 1])\n",
    "requirements.txt": "scikit-learn\n",
    "data/train_features.csv": NUMBERS,
    "data/train_labels.csv": LABELS,
    "data/test_features.csv": NUMBERS,
    "data/test_labels.csv": LABELS,
}
# A script below a folder, one table for everything, three pickles, an old Python.
NESTED = {
    "starter/train_model.py": """\
import pickle
import pandas as pd
from sklearn.model_selection import train_test_split
from ml.data import process_data
from ml.model import train_model
data = pd.read_csv("../data/census.csv", skipinitialspace=True)
train, test = train_test_split(data, test_size=0.2)
X, y, encoder, lb = process_data(train, label="salary", training=True)
model = train_model(X, y)
for name, part in (("../model/trained.pkl", model), ("../model/encoder.pkl", encoder), ("../model/lb.pkl", lb)):
    pickle.dump(part, open(name, "wb"))
""",
    "starter/ml/__init__.py": "",
    "starter/ml/data.py": "def process_data(frame, label, training):\n    return frame, frame[label], None, None\n",
    "starter/ml/model.py": """\
from sklearn.ensemble import RandomForestClassifier
def train_model(X_train, y_train):
    return RandomForestClassifier().fit(X_train, y_train)
""",
    "starter/test_train_model.py": "from sklearn.svm import SVC\ndef test_it():\n    SVC().fit([[0]], [1])\n",
    "runtime.txt": "python-3.8.13\n",
    "data/census.csv": CENSUS,
    ".github/workflows/test.yml": "on: push\njobs: {}\n",
}
# A package with a function of the right form, and a holdout of its own.
PACKAGE = {
    "churn/__init__.py": "",
    "churn/train.py": """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
def train(frame: pd.DataFrame, params: dict, seed: int):
    return LogisticRegression(random_state=seed).fit(frame.drop(columns="churned"), frame["churned"])
""",
    "data/customers.csv": CUSTOMERS,
    "data/customers_holdout.csv": CUSTOMERS,
    "params.yaml": "c: 1.0\n",
}
# A DVC pipeline, and a notebook that nobody needs.
PIPELINE = {
    "dvc.yaml": """\
stages:
  train:
    cmd: python src/fit.py data/loans.csv models/model.joblib
    deps: [src/fit.py, data/loans.csv]
    outs: [models/model.joblib]
""",
    "src/fit.py": "import joblib\nfrom sklearn.svm import SVC\njoblib.dump(SVC().fit([[0], [1]], [0, 1]), 'x')\n",
    "explore.ipynb": json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}),
    "data/loans.csv": "amount,default\n" + "".join(f"{n},{'yes' if n % 3 == 0 else 'no'}\n" for n in range(30)),
}
SHAPES = {"flat": FLAT, "nested": NESTED, "package": PACKAGE, "pipeline": PIPELINE}


@pytest.fixture
def shaped(make_repository: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Make a repository of a shape and go there."""

    def make(shape: str) -> Any:
        made = make_repository(shape)
        made.commit(SHAPES[shape])
        monkeypatch.chdir(made.path)
        return made

    return make


@pytest.fixture
def run_init() -> Callable[..., Result]:
    """Run `ml-ci init` without a terminal."""
    return lambda *arguments: CliRunner().invoke(init, arguments, catch_exceptions=False)
