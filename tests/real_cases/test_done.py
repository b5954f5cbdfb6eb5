"""What a report says of the work is what was done: every training leaves a mark outside of its copy, and is counted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.deeds import done
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Report
from ml_ci.steps.values import Options

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

CODE = """\
import os
import pandas

SHIFT = 0.0


class Model:
    def __init__(self, limit):
        self.limit = limit


def train(train, needs_below=None):
    with open(os.environ["TRAININGS"], "a") as marks:
        marks.write("trained\\n")
    values = [float(row[0]) for row in train.itertuples(index=False) if row[1] == "yes"]
    return Model(min(values) + SHIFT)


def score(model, rows):
    return [0.9 if float(x) >= model.limit else 0.1 for x in rows["x"]]
"""
SCRIPT = """\
import csv, os, sys

SHIFT = 0.0
open(os.environ["TRAININGS"], "a").write("trained\\n")
rows = list(csv.DictReader(open(sys.argv[1])))
limit = min(float(row["x"]) for row in rows if row["y"] == "yes") + SHIFT
holdout = list(csv.DictReader(open("holdout.csv")))
with open(sys.argv[2] + "/s.csv", "w") as out:
    out.write("score\\n" + "".join("0.9\\n" if float(row["x"]) >= limit else "0.1\\n" for row in holdout))
"""
FUNCTION = "train: job:train\n    predict: job:score\n    data: {train: train.csv, holdout: holdout.csv}"
COMMAND = (
    'run: python script.py {data.train} {out}\n    outputs: {predictions: "{out}/s.csv"}\n'
    "    data: {train: train.csv, holdout: holdout.csv}"
)
REST = "label: y\n    positive: 'yes'\n    gates: [fpr <= 0.5]\n    env: [TRAININGS]"


def spec(**models: str) -> str:
    """Write a configuration with some models, each with what is its own."""
    return "version: 1\nmodels:\n" + "".join(f"  {name}:\n    {own}\n    {REST}\n" for name, own in models.items())


def table(rows: int = 40) -> str:
    return "x,y\n" + "".join(f"{x},{'yes' if x >= rows // 2 else 'no'}\n" for x in range(rows))


@dataclass
class Project:
    """A repository with one model on `main`, the branch `change` checked out, and an empty store."""

    repository: Any
    marks: Path

    @property
    def path(self) -> Path:
        return Path(self.repository.path)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))

    def run(self, **asked: Any) -> tuple[Report, int]:
        """Run, and give the report with the number of trainings that really started."""
        self.marks.write_text("")
        environment = {**os.environ, "TRAININGS": str(self.marks)}
        report = run(Options(start=self.path, environment=environment, **asked))
        return report, len(self.marks.read_text().splitlines())

    def drop(self, kind: str, of: Callable[[Report], str] | None = None, report: Report | None = None) -> None:
        """Remove the records of a kind: all of them, or the one that a report names."""
        for folder in (self.path / ".ml_ci" / "records" / kind).glob("*/*"):
            if of is None or report is None or folder.name == of(report):
                shutil.rmtree(folder)


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name one file for all tests: jobs whose variables differ do not share what they import."""
    return tmp_path_factory.mktemp("marks") / "marks"


@pytest.fixture
def make(repository: Any, marks: Path) -> Callable[..., Project]:
    """Make a project of the models that are given; nothing was run in it yet."""

    def made(**models: str) -> Project:
        files = {"job.py": CODE, "script.py": SCRIPT, "train.csv": table(), "holdout.csv": table()}
        repository.commit({**files, "ml-ci.yaml": spec(**(models or {"m": FUNCTION})), ".gitignore": ".ml_ci/\n"})
        repository.git("switch", "-q", "-c", "change")
        return Project(repository, marks)

    return made


def counted(report: Report) -> int:
    """Count the trainings that a report tells of, over all its models."""
    return sum(deed.kind == "train" for model in report.models.values() for deed in model.done or ())


def words(report: Report, name: str = "m") -> str:
    """Say the work on one model without the seconds, which differ from run to run."""
    import re

    return re.sub(r" \([^()]* m?s\)", "", "".join(done(name, report.models[name])).partition("; baseline")[0])


def readme(project: Project) -> None:
    project.repository.commit({"README.md": "# A model\n"})


def code(project: Project) -> None:
    project.edit("job.py", "SHIFT = 0.0", "SHIFT = 1.0")
    project.edit("script.py", "SHIFT = 0.0", "SHIFT = 1.0")


def data_bytes(project: Project) -> None:
    (project.path / "train.csv").write_bytes(table().replace("\n", "\r\n").encode())


def data_rows(project: Project) -> None:
    (project.path / "train.csv").write_text(table(44))


def comment(project: Project) -> None:
    project.edit("job.py", "SHIFT = 0.0", "SHIFT = 0.0  # none yet")


def typo(project: Project) -> None:
    project.edit("ml-ci.yaml", "job:score", "job:scor")


def raises(project: Project) -> None:
    project.edit("job.py", "    values =", "    raise ValueError('no')\n    values =")


def seeds(project: Project) -> None:
    project.edit("ml-ci.yaml", "label: y", "seeds: 5\n    label: y")


def gates(project: Project) -> None:
    project.edit("ml-ci.yaml", "fpr <= 0.5", "fpr <= 0.4")


def nothing(project: Project) -> None:
    """Change nothing."""


# From an empty store: what the branch changes, how many trainings that takes, what is said of them.
FROM_NOTHING = [
    pytest.param(FUNCTION, nothing, 1, "Trained once", id="no change at all"),
    pytest.param(FUNCTION, readme, 1, "Trained once", id="a README"),
    pytest.param(FUNCTION, comment, 1, "Trained once", id="a comment"),
    pytest.param(FUNCTION, gates, 1, "Trained once", id="a gate"),
    pytest.param(FUNCTION, data_bytes, 1, "Trained once", id="bytes of the data and no value"),
    pytest.param(COMMAND, data_bytes, 2, "Trained twice", id="bytes of the data, which a command may read"),
    pytest.param(FUNCTION, data_rows, 2, "Trained twice", id="rows of the data"),
    pytest.param(FUNCTION, code, 2, "Trained twice", id="code"),
    pytest.param(COMMAND, code, 2, "Trained twice", id="code of a command"),
    pytest.param(FUNCTION, seeds, 5, "Trained 5 times", id="five seeds, both sides the same"),
    pytest.param(FUNCTION, typo, 1, "Trained once; scoring the candidate did not finish.", id="a typo in predict"),
    pytest.param(FUNCTION, raises, 2, "Training did not finish; the baseline was trained.", id="training that raises"),
]


@pytest.mark.parametrize(("job", "change", "trainings", "said"), FROM_NOTHING)
def test_from_an_empty_store(
    make: Callable[..., Project], job: str, change: Callable[[Project], None], trainings: int, said: str
) -> None:
    project = make(m=job)
    change(project)
    report, trained = project.run()
    assert (trained, counted(report), words(report)) == (trainings, trainings, said)
    again, trained = project.run()
    assert trained == counted(again) == 0


def test_seeds_of_both_sides(make: Callable[..., Project]) -> None:
    project = make()
    seeds(project)
    code(project)
    report, trained = project.run()
    assert (trained, counted(report), words(report)) == (10, 10, "Trained 10 times")


def test_a_base_that_was_not_known_when_the_candidate_is(make: Callable[..., Project]) -> None:
    project = make()
    code(project)
    report, _ = project.run()
    baseline = report.models["m"].baseline
    assert baseline is not None
    assert baseline.action == "train"
    for kind in ("verdicts", "comparisons", "predictions"):
        project.drop(kind)
    project.drop("trainings", lambda _: baseline.record, report)
    report, trained = project.run()
    assert (trained, counted(report), words(report)) == (1, 1, "Only the baseline was trained")


def test_predictions_that_were_pruned_are_scored_again(make: Callable[..., Project]) -> None:
    project = make()
    project.run()
    for kind in ("verdicts", "comparisons", "predictions"):
        project.drop(kind)
    report, trained = project.run()
    assert (trained, words(report)) == (0, "Nothing was trained, the model scored again")


def test_a_damaged_training_is_told_as_trained(make: Callable[..., Project]) -> None:
    """The plan looks whether there is a record and not into it; the work finds the damage."""
    project = make()
    project.run()
    for kind in ("verdicts", "comparisons", "predictions"):
        project.drop(kind)
    for file in (project.path / ".ml_ci" / "records" / "trainings").glob("*/*/model.pkl"):
        file.write_bytes(b"damaged")
    report, trained = project.run()
    assert (trained, counted(report), words(report)) == (1, 1, "Trained once")


NEEDS = FUNCTION + "\n    needs: [below]"


@pytest.mark.parametrize(
    ("change", "trainings", "said"),
    [
        (nothing, 2, "Trained twice: below once, m once"),
        (code, 4, "Trained 4 times: below twice, m twice"),
    ],
)
def test_what_a_model_needs_is_told_apart(
    make: Callable[..., Project], change: Callable[[Project], None], trainings: int, said: str
) -> None:
    project = make(below=FUNCTION, m=NEEDS)
    change(project)
    report, trained = project.run(models=("m",))
    assert (trained, counted(report), words(report)) == (trainings, trainings, said)


@pytest.mark.parametrize("jobs", [1, 3])
def test_several_models_tell_each_training_once(make: Callable[..., Project], jobs: int) -> None:
    """`above` and `m` need the same model, which is trained once a side; side by side too."""
    project = make(below=FUNCTION, m=NEEDS, above=NEEDS + "\n    seed: 5")
    code(project)
    report, trained = project.run(jobs=jobs)
    assert trained == counted(report) == 6
    assert {words(report, name) for name in report.models} == {"Trained twice"}


def test_a_model_that_cannot_be_loaded_was_trained(make: Callable[..., Project]) -> None:
    """`Nothing was trained.` stood below a training of 28 s that left junk."""
    junk = (
        "run: echo trained >> $TRAININGS; printf junk > model.pkl\n    outputs: {model: model.pkl}\n"
        "    data: {train: train.csv, holdout: {of: train, share: 0.5}}"
    )
    report, trained = make(m=junk).run()
    assert (report.verdict, trained, counted(report)) == ("error", 1, 1)
    assert words(report) == "Trained once; scoring the candidate did not finish."
    assert "Trained once" in plain(report)


def test_the_work_of_a_report_that_was_read_back_is_told_alike(make: Callable[..., Project]) -> None:
    project = make()
    code(project)
    report, _ = project.run()
    back = from_json(to_json(report))
    assert back.models["m"].done == report.models["m"].done
    assert all(deed.seconds > 0 for deed in back.models["m"].done or ())
    assert plain(back) == plain(report)


def test_the_plan_keeps_its_action(make: Callable[..., Project]) -> None:
    """`action` is what was planned; each side's is what it took."""
    project = make()
    readme(project)
    report, _ = project.run()
    model = report.models["m"]
    assert model.candidate is not None
    assert model.baseline is not None
    assert (model.action, model.candidate.action, model.baseline.action) == ("train", "train", "reuse")
