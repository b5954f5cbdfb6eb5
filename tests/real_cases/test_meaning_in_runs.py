"""What a prediction means, in whole runs: the counts and the exit code of each case, from ml-ci.yaml to the report."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

pytestmark = pytest.mark.usefixtures("shared_imports")

SPEC = """\
version: 1
models:
  m:
    {job}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: y
    positive: {positive}
    gates: [{gates}]
"""
TREE = """\
import pandas
from sklearn.tree import DecisionTreeClassifier

def train(train: pandas.DataFrame):
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(train.drop(columns=["y"]), train["y"])
"""
FUNCTION = """\
import pandas

class M: pass
def train(train: pandas.DataFrame): return M()
def score(model, rows: pandas.DataFrame):
    {body}
"""
SCORED = "train: t:train\n    predict: t:score"
WRITES = """\
import csv
rows = list(csv.DictReader(open("data/holdout.csv")))
{body}
"""
LEFT = "run: python p.py > pred.csv\n    outputs: {predictions: pred.csv}"


def rows(number: int, seed: int) -> list[list[str]]:
    """Give rows a, b, y: two random numbers, and a label that mostly follows a."""
    draw = random.Random(seed)
    drawn = (draw.random() for _ in range(number))
    return [[f"{a:.4f}", f"{draw.random():.4f}", str(int(a + 0.3 * draw.random() > 0.65))] for a in drawn]


def table(lines: list[list[str]], **words: str) -> str:
    """Write rows as CSV; `words` are put in the place of the labels `_0` and `_1`."""
    return "a,b,y\n" + "".join(f"{a},{b},{words.get(f'_{y}', y)}\n" for a, b, y in lines)


@dataclass
class Runs:
    """Commit files and judge them."""

    repository: Any
    capture: Any

    def __call__(self, files: dict[str, str], *arguments: str) -> tuple[int, Any]:
        """Commit files, run ml-ci, give its exit code and the model's report."""
        self.repository.write(files)
        self.repository.commit(message="change")
        self.capture.readouterr()
        code = call(("run", *arguments))
        report = json.loads((self.repository.path / ".ml_ci" / "report.json").read_text())
        return code, report["models"]["m"]


@pytest.fixture
def run(make_repository: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    repository = make_repository("repository")
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return Runs(repository, capsys)


def counts(side: Any) -> str:
    return "/".join(str(side[name]) for name in ("tp", "fp", "tn", "fn"))


BIG, LESS = "9007199254740993", "9007199254740992"
NEVER = [[a, b, "0"] for a, b, _ in rows(300, 1)]
RIGHT = "print('prediction')\nfor r in rows: print(int(float(r['a']) > 0.5))"
SORTED = "print('a,b,score')\nfor r in sorted(rows, key=lambda r: r['a']): print(r['a'], r['b'], 0.9 if float(r['a']) > 0.5 else 0.1, sep=',')"

# What it is: the job, its code, the two tables, `positive:`, the gates, the exit code, and tp/fp/tn/fn.
CASES = [
    ("a training without positives", "train: t:train", TREE, NEVER, {}, "1", "fnr <= 0.1", 1, "0/0/104/96"),
    ("labels beyond 2^53", "train: t:train", TREE, None, {"_1": BIG, "_0": LESS}, BIG, "fnr <= 0.2", 0, "88/10/94/8"),
    ("the same, compared", "train: t:train", TREE, None, {"_1": BIG, "_0": LESS}, f"'== {BIG}'", "fnr <= 0.2", 0, "88/10/94/8"),
    ("0 is positive", LEFT, WRITES.format(body=RIGHT), None, {}, "0", "fnr <= 0.3", 0, "93/6/90/11"),
    ("a Series that was sorted", SCORED, FUNCTION.format(body="rows = rows.sort_values('b')\n    return (rows['a'] > 0.5) * 0.8 + 0.1"), None, {}, "1", "fnr <= 0.2", 0, "90/11/93/6"),
    ("predictions that were sorted", LEFT, WRITES.format(body=SORTED), None, {}, "1", "fnr <= 0.2", 0, "90/11/93/6"),
    ("a table of the classes", SCORED, FUNCTION.format(body="p = (rows.a > 0.5) * 0.8 + 0.1\n    return pandas.DataFrame({'cancer': p, 'healthy': 1 - p})"), None, {"_1": "cancer", "_0": "healthy"}, "cancer", "fnr <= 0.2", 0, "90/11/93/6"),
    ("float32 at the threshold", SCORED, FUNCTION.format(body="return ((rows.a > 0.5) * 0.6 + 0.1).astype('float32')"), None, {}, "1\n    threshold: 0.7", "fnr <= 0.2", 0, "90/11/93/6"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("job", "code", "trained", "words", "positive", "gates", "exit_code", "expected"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_counts_and_exit_code(
    run: Runs,
    job: str,
    code: str,
    trained: Any,
    words: dict[str, str],
    positive: str,
    gates: str,
    exit_code: int,
    expected: str,
) -> None:
    files = {
        ".gitignore": ".ml_ci/\n",
        "t.py": code,
        "p.py": code,
        "data/train.csv": table(trained or rows(300, 1), **words),
        "data/holdout.csv": table(rows(200, 2), **words),
        "ml-ci.yaml": SPEC.format(job=job, positive=positive, gates=gates),
    }
    found, model = run(files, "--baseline", "none")
    assert (found, model["failure"]) == (exit_code, None)
    assert counts(model["candidate"]) == expected


NUMBERS = (
    FUNCTION.format(body="found = rows.a * 1.02 - 0.01\n    return found.clip(0, 1) if CLIP else found")
    + "CLIP = False\n"
)


def test_both_sides_are_read_alike_or_are_an_error(run: Runs) -> None:
    """A regressor that leaves [0, 1] by a hair, one that clips, and one that gives class labels."""
    lines = [[a, b, a] for a, b, _ in rows(200, 2)]
    files = {
        ".gitignore": ".ml_ci/\n",
        "t.py": NUMBERS,
        "data/train.csv": table(lines),
        "data/holdout.csv": table(lines),
        "ml-ci.yaml": SPEC.format(job=SCORED, positive='">= 0.3"', gates="fnr <= 0.05, fnr <= baseline.fnr + 0.01"),
    }
    run(files)
    code, model = run({"t.py": NUMBERS.replace("CLIP = False", "CLIP = True")}, "--baseline", "HEAD~1")
    assert (code, counts(model["candidate"])) == (0, counts(model["baseline"]))
    code, model = run({"t.py": FUNCTION.format(body="return rows.a >= 0.3")}, "--baseline", "HEAD~1")
    failure = model["failure"]
    assert (code, failure["code"]) == (1, "kinds-differ")
    assert "the candidate gives class labels and the baseline (" in failure["message"]
    assert "numbers, which are not compared" in failure["message"]
    assert "--baseline none" in failure["hint"]


RATES = """\
import json
import pandas

class M: pass
def train(train: pandas.DataFrame):
    m = M()
    kind = train[json.load(open("columns.json"))["column"]]
    m.rates = train.y.eq("yes").groupby(kind).mean().to_dict()
    return m
def score(model, rows: pandas.DataFrame): return [model.rates.get(kind, MISSING) for kind in rows.a]
"""


@pytest.mark.parametrize("missing", ["0", "0.0", "1 * 0"])
@pytest.mark.parametrize("labels", [("no", "yes"), ("0", "yes")])
def test_a_model_that_knows_nothing_any_more_is_compared(run: Runs, missing: str, labels: tuple[str, str]) -> None:
    """A file that nobody declares names the column; with the other one each rate is the default, which is no float."""
    kinds = [[("red", "blue")[i % 2], f"{i}", ("0", "1")[(i % 2 == 0) != (i % 10 < 1)]] for i in range(200)]
    files = {
        ".gitignore": ".ml_ci/\n",
        "t.py": RATES.replace("MISSING", missing),
        "columns.json": '{"column": "a"}',
        "data/train.csv": table(kinds, _0=labels[0], _1=labels[1]),
        "data/holdout.csv": table(kinds, _0=labels[0], _1=labels[1]),
        "ml-ci.yaml": SPEC.format(job=SCORED, positive=labels[1], gates="fnr <= baseline.fnr + 0.01"),
    }
    run(files)
    code, model = run({"columns.json": '{"column": "b"}'}, "--baseline", "HEAD~1")
    assert (code, model["failure"], model["verdict"]) == (1, None, "fail")
    assert (counts(model["baseline"]), counts(model["candidate"])) == ("80/20/100/0", "0/0/120/80")


def test_a_regressors_numbers_are_called_so_and_labels_that_look_alike_are_noted(run: Runs) -> None:
    code = TREE.replace("DecisionTreeClassifier", "DecisionTreeRegressor")
    files = {
        ".gitignore": ".ml_ci/\n",
        "t.py": code,
        "data/train.csv": table(rows(300, 1)),
        "data/holdout.csv": table(rows(200, 2)),
        "ml-ci.yaml": SPEC.format(job="train: t:train", positive='">= 0.5"', gates="fnr <= 0.5, auc >= 0.5"),
    }
    code_, model = run(files, "--baseline", "none")
    assert (code_, model["verdict"]) == (1, "error")
    assert [gate["reason"] for gate in model["gates"] if gate["condition"].startswith("auc")] != []
    assert "the model gives a number, no probability" in str(model["gates"])
    lines = [[a, b, ("no", "yes", "Yes", "YES")[int(y) * (1 + at % 3)]] for at, (a, b, y) in enumerate(rows(200, 2))]
    differ = sum(y in ("Yes", "YES") for _, _, y in lines)
    files = {"t.py": TREE, "data/train.csv": table(lines), "data/holdout.csv": table(lines)}
    files["ml-ci.yaml"] = SPEC.format(job="train: t:train", positive='"yes"', gates="fpr <= 1")
    _, model = run(files, "--baseline", "none")
    said = f"{differ} rows have a label that differs from the positive value 'yes' only by case"
    assert any(note.startswith(said) for note in model["notes"])
