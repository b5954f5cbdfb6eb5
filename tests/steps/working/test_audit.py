"""A bias audit is counted from the predictions on record, where ml-ci.yaml asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation import stream
from ml_ci.plan.plan import PREDICTIONS
from ml_ci.records.store import Store

ROWS = "x,y,sex,race\n" + "".join(f"{x},{int(x >= 20)},{'fm'[x % 2]},{'abb'[x % 3]}\n" for x in range(40))
AUDIT = "    card: {audit: {sex: sex, race: race}}\n    gates:\n"


def _predictions(project: Any) -> int:
    return sum(kind == PREDICTIONS for kind, _, _ in Store(Path(project.path) / ".ml_ci").records())


@pytest.fixture
def audited(project: Any) -> Any:
    """Give a project whose holdout has sexes and races, that was judged without an audit."""
    project.commit({"data/holdout.csv": ROWS})
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    project.run()
    return project


def test_it_is_counted_without_training_or_scoring(audited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audited.run().models["cut"].audit is None
    trainings, predictions = audited.trainings, _predictions(audited)
    audited.edit("ml-ci.yaml", "    gates:\n", AUDIT)
    report = audited.run().models["cut"]
    assert (audited.trainings, _predictions(audited)) == (trainings, predictions)
    assert report.audit is not None and report.candidate is not None
    assert {(cell.sex, cell.race) for cell in report.audit.cells} == {(s, r) for s in "fm" for r in "ab"}
    assert sum(cell.counts.fn for cell in report.audit.cells) == report.candidate.confusion.fn > 0
    assert audited.run().models["cut"].audit == report.audit  # of a run that a record answers
    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    audited.edit("ml-ci.yaml", "+ 0.1", "+ 0.1  # again\n      - each(fnr, by=x) <= 1")
    assert audited.run().models["cut"].audit == report.audit


def test_what_says_nothing_is_no_matter_of_counting(audited: Any) -> None:
    audited.edit("ml-ci.yaml", "    gates:\n", AUDIT)
    before = audited.run().models["cut"].audit
    audited.edit("ml-ci.yaml", "race: race}", "race: race, unknown: [b], selected: negative}")
    after = audited.run().models["cut"].audit
    assert after.cells == before.cells
    assert (after.unknown, after.selected) == (("b",), "negative")


def test_a_column_that_is_not_there_costs_no_training(project: Any) -> None:
    project.edit("ml-ci.yaml", "    gates:\n", AUDIT)
    with pytest.raises(UserError, match="no column 'sex'"):
        project.run()
    assert project.trainings == 0
