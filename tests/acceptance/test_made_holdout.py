"""Rows that judge and that a job makes: each side is scored on its own features of the same rows, or it is told."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.pipeline import plan_chain, run
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

SPLIT = """\
import csv, sys

SCALE = 1

def made(row):
    return {**row, "x": int(row["x"]) * SCALE}

rows = [made(row) for row in csv.DictReader(open(sys.argv[1]))]
test = [row for row in rows if row["part"] == "test"]
train = [row for row in rows if row["part"] != "test"]
for path, chosen in (("train", train), ("test", test), ("all", rows)):
    with open(f"made/{path}.csv", "w") as file:
        writer = csv.DictWriter(file, list(chosen[0]))
        writer.writeheader()
        writer.writerows(chosen)
"""
TRAIN = """\
import pandas

class Cut:
    def __init__(self, at):
        self.at = at

    def predict(self, rows):
        return [int(x >= self.at) for x in rows["x"]]

class Scored(Cut):
    def predict_proba(self, rows):
        import numpy
        score = 1 / (1 + numpy.exp(-(rows["x"].to_numpy() / self.at - 1)))
        return numpy.column_stack([1 - score, score])

def fit(train):
    return Cut(train["x"][train["y"] == 1].min())

def fit_scores(train, validation):
    return Scored(train["x"][train["y"] == 1].min())
"""
COMMAND = """\
import csv, sys

def read(path):
    return list(csv.DictReader(open(path)))

at = min(int(row["x"]) for row in read(sys.argv[1]) if row["y"] == "1")
lines = ["id,prediction", *(f"{row['id']},{int(int(row['x']) >= at)}" for row in read(sys.argv[2]))]
open(sys.argv[3], "w").write("\\n".join(lines) + "\\n")
"""
SPEC = """\
version: 1
jobs:
  split:
    run: python split.py {data.raw}
    data: {raw: data/raw.csv}
    outputs: [made/train.csv, made/test.csv, made/all.csv]
models:
  m:
    train: train:fit
    data: {train: {job: split, path: made/train.csv}, holdout: {job: split, path: made/test.csv}}
    label: y
    positive: 1
    id: id
    gates: [fnr <= 0.1, fpr <= 0.1, fnr <= baseline.fnr]
"""
BY_COMMAND = (
    "    train: train:fit\n",
    "    run: python command.py {data.train} {data.holdout} {out}/p.csv\n    outputs: {predictions: '{out}/p.csv'}\n",
)


def _raw(rows: int = 80) -> str:
    lines = (f"{one},{one},{int(one >= 40)},{'test' if one % 2 else 'train'}" for one in range(rows))
    return "id,x,y,part\n" + "\n".join(lines) + "\n"


FILES = {
    "split.py": SPLIT, "train.py": TRAIN, "command.py": COMMAND, "data/raw.csv": _raw(), "ml-ci.yaml": SPEC,
    ".gitignore": ".ml_ci\n",
}  # fmt: skip


class Chain:
    """A repository whose rows are split, and made into features, by one job."""

    def __init__(self, repository: Any, *changes: tuple[str, str]) -> None:
        self.repository, self.path = repository, Path(repository.path)
        spec = SPEC
        for old, new in changes:
            assert old in spec
            spec = spec.replace(old, new)
        repository.commit({**FILES, "ml-ci.yaml": spec}, "First")
        assert self.run().verdict == "pass"
        repository.git("checkout", "-qb", "change")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))
        self.repository.commit()

    @property
    def options(self) -> Options:
        return Options(start=self.path, environment=dict(os.environ))

    def run(self, **asked: Any) -> ModelReport:
        return run(replace(self.options, **asked)).models["m"]


KINDS = pytest.mark.parametrize("kind", [[], [BY_COMMAND]], ids=["model", "command"])
SCALED = ("split.py", "SCALE = 1", "SCALE = 10")
# y is as it was, one row for one row, and the features of half of them are what they were
NO_ID = ("    id: id\n", "")


@KINDS
def test_each_side_is_scored_on_its_own_features_of_the_same_rows(repository: Any, kind: list[Any]) -> None:
    chain = Chain(repository, *kind)
    chain.edit(*SCALED)
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.candidate is not None and found.baseline is not None
    assert found.candidate.confusion == found.baseline.confusion
    assert found.candidate.confusion.rows == 40
    assert (
        "The job `split` changed: each side is scored on what its own job makes of the 40 rows that judge; they are "
        "matched by `id`."
    ) in found.notes
    assert (
        "The job `split` makes the features of the rows that judge, and it, or what it builds on, changed: it may read "
        "their labels, too. Look whether a feature is made of them."
    ) in found.cautions
    assert [deed.model for deed in found.done or () if deed.kind in ("make", "train")] == ["split", "m"]
    assert plan_chain(chain.options).models["m"].action == "reuse"
    assert chain.run().done == ()


@KINDS
@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('row["part"] == "test" and row["id"] != "41"', "1 row dropped (id 41)"),
        ('row["part"] == "test" or row["id"] in ("2", "4")', "2 rows added (id 2, 4)"),
    ],
    ids=["dropped", "added"],
)
def test_job_that_makes_other_rows_judges_nothing(repository: Any, kind: list[Any], new: str, said: str) -> None:
    chain = Chain(repository, *kind)
    chain.edit("split.py", 'row["part"] == "test"', new)
    found = chain.run()
    assert found.failure is not None
    assert (found.verdict, found.failure.code) == ("error", "own-rows")
    assert found.failure.message == (
        f"the job `split` of this change makes other rows to judge by than the baseline's: {said}"
    )


@pytest.mark.parametrize(
    ("changes", "edit", "message"),
    [
        ([NO_ID], SCALED, "and nothing says which row is which"),
        ([], ("split.py", "return {**row, ", 'return {**row, "id": int(row["id"]) // 4, '), "`id` repeats in "),
    ],
    ids=["no id", "id twice"],
)
def test_rows_that_cannot_be_told_apart_judge_nothing(
    repository: Any, changes: list[tuple[str, str]], edit: tuple[str, str, str], message: str
) -> None:
    chain = Chain(repository, *changes)
    chain.edit(*edit)
    found = chain.run()
    assert found.failure is not None
    assert found.verdict == "error"
    assert message in found.failure.message
    assert "column" in found.failure.hint
    assert [deed.kind for deed in found.done or () if deed.side == "baseline" and deed.kind != "make"] == []


def test_id_that_a_job_lets_go_is_a_mistake(repository: Any) -> None:
    chain = Chain(repository)
    chain.edit("split.py", "list(chosen[0])", 'list(chosen[0])[1:], extrasaction="ignore"')
    with pytest.raises(UserError) as caught:
        chain.run()
    assert caught.value.message == "made/test.csv: there is no column 'id'"


@KINDS
def test_same_bytes_need_no_id(repository: Any, kind: list[Any]) -> None:
    chain = Chain(repository, NO_ID, *kind)
    chain.edit("split.py", "SCALE = 1", "SCALE = 2 - 1")
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.baseline is not None
    assert found.baseline.confusion.fn == 0


@KINDS
def test_job_that_changes_labels_is_held_to_the_former_ones(repository: Any, kind: list[Any]) -> None:
    chain = Chain(repository, *kind)
    chain.edit("train.py", "return Cut(", "return Cut(20 + ")  # misses of both kinds, and labels that hide them
    chain.edit("command.py", "at = min(", "at = 20 + min(")
    chain.edit("split.py", '"x": int(row["x"]) * SCALE', '"x": int(row["x"]), "y": hide(row)')
    hide = 'def hide(row):\n    return 0 if row["part"] == "test" and int(row["x"]) < 60 else row["y"]\n\ndef made'
    chain.edit("split.py", "def made", hide)
    found = chain.run()
    own, base = found.yardsticks
    assert (found.verdict, base.verdict, base.changed) == ("fail", "fail", ("10 rows with another label",))
    assert base.candidate is not None
    assert base.candidate.fn == 10
    assert own.verdict == "pass"


def test_job_that_regroups_rows_is_held_to_the_former_groups(repository: Any) -> None:
    chain = Chain(repository, ("    id: id\n", "    id: id\n    slices: [part]\n"))
    chain.edit("split.py", '"x": int(row["x"]) * SCALE', '"x": int(row["x"]), "part": row["part"] + "ed"')
    chain.edit("split.py", 'row["part"] == "test"', 'row["part"] == "tested"')
    chain.edit("split.py", 'row["part"] != "test"', 'row["part"] != "tested"')
    [_, base] = chain.run().yardsticks
    assert base.changed == ("40 rows in other groups or with other weights",)


@KINDS
def test_other_order_changes_nothing_and_is_told(repository: Any, kind: list[Any]) -> None:
    chain = Chain(repository, *kind)
    chain.edit("split.py", "for path, chosen", "test = test[::-1]\nfor path, chosen")
    found = chain.run()
    assert found.verdict == "pass"
    assert found.candidate is not None and found.baseline is not None
    assert found.candidate.confusion == found.baseline.confusion
    assert any("which stand in another order now" in one for one in found.notes)


@KINDS
def test_other_data_in_the_same_job_is_as_a_file_that_changed(repository: Any, kind: list[Any]) -> None:
    chain = Chain(repository, NO_ID, *kind)
    chain.repository.commit({"data/raw.csv": _raw(90)})
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.candidate is not None and found.baseline is not None
    assert (found.candidate.confusion.rows, found.baseline.confusion.rows) == (45, 45)
    assert found.yardsticks[1].changed == ("5 rows added",)
    assert not any("read their labels" in one for one in found.cautions)


PART = (
    "train: {job: split, path: made/train.csv}, holdout: {job: split, path: made/test.csv}",
    "train: {job: split, path: made/all.csv}, holdout: {of: train, share: 0.4, by: id}",
)
FOLDS = (PART[0], PART[1].replace("share: 0.4", "folds: 3"))


@pytest.mark.parametrize("changes", [[PART], [PART, BY_COMMAND], [FOLDS]], ids=["part", "part by command", "folds"])
def test_parts_of_what_a_job_leaves_are_the_same_rows(repository: Any, changes: list[tuple[str, str]]) -> None:
    chain = Chain(repository, *changes)
    chain.edit(*SCALED)
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.candidate is not None and found.baseline is not None
    assert found.candidate.confusion == found.baseline.confusion
    assert chain.run().done == ()


def test_part_by_whole_rows_whose_features_changed_is_told(repository: Any) -> None:
    chain = Chain(repository, (PART[0], PART[1].replace(", by: id", "")))
    chain.edit(*SCALED)
    found = chain.run()
    assert found.failure is not None
    assert "makes other rows to judge by" in found.failure.message


@pytest.mark.parametrize(
    ("changes", "edit", "said"),
    [
        ([PART], ("ml-ci.yaml", "share: 0.4", "share: 0.3"), "how the holdout is cut out of what it leaves did, too"),
        ([], ("ml-ci.yaml", "positive: 1", "positive: 0"), "label or positive did, too"),
    ],
    ids=["cut", "positive"],
)
def test_what_is_asked_does_not_change_with_the_job(
    repository: Any, changes: list[tuple[str, str]], edit: tuple[str, str, str], said: str
) -> None:
    chain = Chain(repository, *changes)
    chain.edit(*SCALED)
    chain.edit(*edit)
    found = chain.run()
    assert found.failure is not None
    assert (found.failure.code, found.failure.message) == ("own-rows", f"the job `split` changed, and {said}")


def test_file_that_becomes_a_job_s_is_matched_too(repository: Any) -> None:
    head, *rows = _raw().split()
    test = "\n".join([head, *(row for row in rows if row.endswith("test"))]) + "\n"
    repository.commit({"data/test.csv": test})
    chain = Chain(repository, ("holdout: {job: split, path: made/test.csv}", "holdout: data/test.csv"))
    chain.edit("ml-ci.yaml", "holdout: data/test.csv", "holdout: {job: split, path: made/test.csv}")
    chain.edit(*SCALED)
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.candidate is not None and found.baseline is not None
    assert found.candidate.confusion == found.baseline.confusion


def test_transform_that_reads_rows_that_judge_is_told(repository: Any) -> None:
    features = """\
  features:
    run: cp {data.train} more.csv
    data: {train: {job: split, path: made/train.csv}, test: {job: split, path: made/test.csv}}
    outputs: [more.csv]
models:
"""
    chain = Chain(
        repository,
        ("models:\n", features),
        (
            "m:\n    train: train:fit\n    data: {train: {job: split, path: made/train.csv}",
            "m:\n    train: train:fit\n    data: {train: {job: features, path: more.csv}",
        ),
    )
    (caution,) = (one for one in chain.run().cautions if one.startswith("The job"))
    assert caution.startswith("The job `features` reads made/test.csv, the holdout: ")


def test_threshold_is_chosen_on_each_side_s_own_rows(repository: Any) -> None:
    validated = (
        "    train: train:fit\n    data: {",
        "    train: train:fit_scores\n    threshold: fnr=0.05\n"
        "    data: {validation: {job: split, path: made/all.csv}, ",
    )
    chain = Chain(repository, validated, ("fpr <= 0.1", "fpr <= 0.2"))
    chain.edit(*SCALED)
    found = chain.run()
    assert (found.verdict, found.failure) == ("pass", None)
    assert found.candidate is not None and found.baseline is not None
    assert found.candidate.confusion == found.baseline.confusion
