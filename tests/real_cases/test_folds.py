"""Cross-validation in whole runs: no row is scored by a model that saw it, and the model itself sees all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.pipeline import plan, run
from ml_ci.questions import bisect, explain, power
from ml_ci.records.store import Store
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.values import ModelReport
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.causes.explain import Ask
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

# The models know the rows that they were trained on by heart, and call exactly those positive: whatever is called
# positive in a run was seen by the model that scored it.
JOBS = {
    "function": """\
import csv
from pathlib import Path
EXTRA = ()

def train(train: Path):
    return {line.split(",")[0] for line in train.read_text().splitlines()[1:]} | set(EXTRA)

def score(model, rows: Path):
    return [float(row["i"] in model) for row in csv.DictReader(open(rows))]
""",
    "predictions": """\
import os, sys
EXTRA = ()

def keys(path):
    return [line.split(",")[0] for line in open(path).read().splitlines()[1:]]

if __name__ == "__main__":
    seen = {*keys(os.environ["ML_CI_DATA_TRAIN"]), *EXTRA}
    called = [str(int(key in seen)) for key in keys(os.environ["ML_CI_DATA_HOLDOUT"])]
    open(sys.argv[1] + "/p.csv", "w").write("\\n".join(["prediction", *called]) + "\\n")
""",
    "model": """\
import csv, json, os, sys
from pathlib import Path
EXTRA = ()

def score(model, rows: Path):
    seen = json.load(open(model))
    return [float(row["i"] in seen) for row in csv.DictReader(open(rows))]

if __name__ == "__main__":
    lines = open(os.environ["ML_CI_DATA_TRAIN"]).read().splitlines()[1:]
    json.dump([*(line.split(",")[0] for line in lines), *EXTRA], open(sys.argv[1] + "/model.json", "w"))
""",
}
WAYS = {
    "function": "train: job:train\n    predict: job:score",
    "predictions": 'run: python job.py {out}\n    outputs: {predictions: "{out}/p.csv"}',
    "model": 'run: python job.py {out}\n    outputs: {model: "{out}/model.json"}\n    predict: job:score',
}
SPEC = """\
version: 1
models:
  m:
    %s
    data: {train: train.csv, holdout: {of: train, folds: 3}}
    label: y
    positive: 1
    gates:
      - fpr <= 0.1
"""
ROWS = [f"{i},{i % 2}" for i in range(60)]


def table(rows: list[str] = ROWS) -> str:
    return "\n".join(["i,y", *rows]) + "\n"


class Cross:
    """A repository with a job that knows its rows by heart."""

    def __init__(self, repository: Any, form: str) -> None:
        self.repository, self.path = repository, repository.path
        self.spec = SPEC % WAYS[form]
        self.commit({"ml-ci.yaml": self.spec, "job.py": JOBS[form], "train.csv": table(), ".gitignore": ".ml_ci/\n"})
        self.form = form

    def commit(self, files: Mapping[str, str]) -> str:
        return str(self.repository.commit(files, "change"))

    def branch(self, name: str) -> None:
        self.repository.git("switch", "-qc", name)

    @property
    def head(self) -> str:
        return str(self.repository.git("rev-parse", "HEAD")).strip()

    def options(self, **asked: Any) -> Options:
        return Options(start=self.path, environment=dict(os.environ), **asked)

    def run(self, **asked: Any) -> ModelReport:
        return run(self.options(**asked)).models["m"]

    def learn(self, *extra: str) -> None:
        """Have the job know further rows, whatever it is trained on."""
        known = "".join(f'"{one}", ' for one in extra)
        self.commit({"job.py": JOBS[self.form].replace("EXTRA = ()", f"EXTRA = ({known})")})

    def records(self, kind: str) -> list[Path]:
        return [folder for one, _, folder in Store(self.path / ".ml_ci").records() if one == kind]


@pytest.fixture(params=list(JOBS))
def cross(request: pytest.FixtureRequest, repository: Any) -> Cross:
    return Cross(repository, request.param)


@pytest.fixture
def heart(repository: Any) -> Cross:
    return Cross(repository, "predictions")


def called(report: ModelReport) -> int:
    """Count the rows that the candidate calls positive."""
    assert report.candidate is not None, report.failure
    return report.candidate.confusion.tp + report.candidate.confusion.fp


def trained(report: ModelReport) -> int:
    return sum(deed.kind == "train" for deed in report.done or ())


def test_no_row_is_scored_by_a_model_that_saw_it(cross: Cross) -> None:
    asked = cross.options(baseline="none")
    assert plan(asked)["m"].trainings == 4
    report = cross.run(baseline="none")
    assert report.verdict == "pass", report.failure
    assert report.candidate is not None
    assert report.candidate.confusion.rows == 60
    assert called(report) == 0
    assert trained(report) == 4
    assert report.cautions[0] == (
        "3 folds: each row scored by a model that did not see it; the model itself is trained on all 60 rows."
    )
    assert to_json(from_json(json.loads(json.dumps(_whole(cross)))))["models"]["m"]["folds"] == {
        "folds": 3,
        "of": "train",
        "by": None,
        "rows": 60,
        "trained": 60,
    }
    again = cross.run(baseline="none")
    assert (again.action, trained(again), again.verdict) == ("reuse", 0, "pass")


def _whole(cross: Cross) -> Any:
    return json.loads((cross.path / ".ml_ci" / "report.json").read_text())


def test_the_model_itself_is_trained_on_every_row(repository: Any) -> None:
    cross = Cross(repository, "model")
    report = cross.run(baseline="none")
    assert report.candidate is not None
    [own] = [one for one in cross.records("trainings") if one.name == report.candidate.record]
    assert len(json.loads((own / "model.json").read_text())) == 60
    left = sorted(len(json.loads((one / "model.json").read_text())) for one in cross.records("trainings"))
    assert sum(left) == 60 + 2 * 60  # each row is left out of one of three


def test_both_sides_are_judged_on_the_same_folds(cross: Cross) -> None:
    cross.run(baseline="none")
    cross.branch("change")
    cross.learn("0", "2", "3")
    assert plan(cross.options())["m"].trainings == 4  # the base's are on record
    report = cross.run()
    assert report.baseline is not None
    assert called(report) == 3
    assert report.baseline.confusion.tp + report.baseline.confusion.fp == 0
    assert trained(report) == 4
    assert report.verdict == "pass"


def test_an_added_row_moves_no_other(heart: Cross) -> None:
    heart.run(baseline="none")
    heart.branch("change")
    heart.commit({"train.csv": table([*ROWS, "60,0", "61,1"])})
    report = heart.run()
    assert called(report) == 0
    assert report.candidate is not None
    assert report.baseline is not None
    assert report.candidate.confusion.rows == report.baseline.confusion.rows == 62
    # Neither side saw a row that it is scored on: the base's folds are those of the change.
    assert report.baseline.confusion.tp + report.baseline.confusion.fp == 0


def test_rows_that_a_change_removes_are_judged_by_folds_too(repository: Any) -> None:
    cross = Cross(repository, "model")
    cross.branch("change")
    cross.commit({"train.csv": table(ROWS[10:])})
    report = cross.run()
    own, base = report.yardsticks
    assert (own.rows, base.rows) == (50, 60)
    assert base.candidate is not None
    assert base.baseline is not None
    assert [one.tp + one.fp for one in (base.candidate, base.baseline)] == [0, 0]


def test_a_corrected_label_moves_no_row(heart: Cross) -> None:
    heart.branch("change")
    heart.commit({"train.csv": table([row[:-1] + str(1 - int(row[-1])) for row in ROWS[:6]] + ROWS[6:])})
    report = heart.run()
    assert report.baseline is not None
    assert report.baseline.confusion.tp + report.baseline.confusion.fp == 0
    assert "6 rows with another label" in report.yardsticks[1].changed


def test_a_gate_with_a_confidence_is_undecided_by_name(heart: Cross) -> None:
    heart.commit({"ml-ci.yaml": heart.spec.replace("fpr <= 0.1", "fpr <= 0.1 @ 0.95")})
    report = heart.run(baseline="none")
    assert report.verdict == "inconclusive"
    assert "the models of 3 folds share their training rows" in report.gates[0].reason
    assert any("No gate passes with a confidence" in note for note in report.notes)


def test_a_job_that_is_trained_on_something_else_is_noted(repository: Any) -> None:
    cross = Cross(repository, "model")
    assert not any("byte by byte" in note for note in cross.run(baseline="none").notes)
    job = JOBS["model"].replace('os.environ["ML_CI_DATA_TRAIN"]', '"elsewhere.csv"')
    cross.commit({"job.py": job, "elsewhere.csv": table()})
    report = cross.run(baseline="none")
    assert called(report) == 60
    assert any(note.startswith("The models of all 3 folds are the same, byte by byte") for note in report.notes)


def test_what_cannot_be_cross_validated_is_refused(heart: Cross) -> None:
    heart.commit({"train.csv": table([f"{i},{int(i < 2)}" for i in range(60)])})
    with pytest.raises(UserError, match=r"folds: 3, but train\.csv has only 2 positives"):
        heart.run(baseline="none")
    with pytest.raises(UserError, match="cannot be planned: the models of 3 folds share their training rows"):
        power(heart.options(baseline="none"))


def test_a_base_without_the_table_is_an_error_by_name(heart: Cross) -> None:
    heart.commit(
        {
            "ml-ci.yaml": heart.spec.replace(
                "{train: train.csv, holdout: {of: train,", "{rows: train.csv, holdout: {of: rows,"
            )
        }
    )
    heart.branch("change")
    heart.commit({"ml-ci.yaml": heart.spec})
    report = heart.run()
    assert report.verdict == "error"
    assert report.failure is not None
    assert report.failure.code == "no-folds"
    assert "has no data entry `train`, which the folds are cut out of" in report.failure.message


def test_a_base_that_held_rows_out_is_trained_by_folds(heart: Cross) -> None:
    heart.commit({"ml-ci.yaml": heart.spec.replace("folds: 3", "share: 0.3")})
    heart.branch("change")
    heart.commit({"ml-ci.yaml": heart.spec})
    report = heart.run()
    assert report.baseline is not None
    assert report.baseline.confusion.rows == 60
    assert report.baseline.confusion.tp + report.baseline.confusion.fp == 0
    assert [change.summary for change in report.changes if change.part == "data.holdout"]


def test_a_fold_that_fails_is_named(heart: Cross) -> None:
    job = JOBS["predictions"].replace(
        "    seen =", '    assert "7" in keys(os.environ["ML_CI_DATA_TRAIN"])\n    seen ='
    )
    heart.commit({"job.py": job})
    report = heart.run(baseline="none")
    assert report.verdict == "error"
    assert report.failure is not None
    assert report.failure.message.startswith("fold ")
    assert " of 3: " in report.failure.message


def test_causes_and_commits_are_found_by_folds(heart: Cross) -> None:
    good = heart.commit({"ml-ci.yaml": heart.spec.replace("label: y", "label: y\n    params: {a: 1}")})
    heart.branch("change")
    heart.commit({"ml-ci.yaml": heart.spec.replace("label: y", "label: y\n    params: {a: 2}")})
    heart.learn(*(str(i) for i in range(0, 60, 2)))
    assert heart.run().verdict == "fail"
    [told] = explain(heart.options(), Ask())
    [fpr] = [one for one in told.attributions if (one.metric, one.slice) == ("fpr", None)]
    assert {share.part: float(share.share) for share in fpr.shares} == {"code": 1.0, "params": 0.0}
    found = bisect(heart.options(), "m", Search(good))
    assert found.commit.id == heart.head
