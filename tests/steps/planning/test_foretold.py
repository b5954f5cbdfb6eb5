from __future__ import annotations

from collections.abc import Callable
from typing import Any

Table = Callable[[int], str]


def test_a_command_that_predicts_is_asked_again_when_the_holdout_changed(project: Any, data: Table) -> None:
    """Predictions that the baseline left for yesterday's rows say nothing of today's, even if they are as many."""
    project.edit("ml-ci.yaml", "    label: y", "    seed: 0\n    label: y")
    project.commit()
    project.run()
    project.commit({"data/holdout.csv": data(18).replace("39,1", "19,1")})
    (model,) = project.run().models.values()
    assert model.baseline.confusion == model.candidate.confusion
    assert model.candidate.confusion.fn == 7
    assert [change.part for change in model.changes] == ["data.holdout"], "told from what the baseline's commit says"
    assert project.trainings == 2, "once for each holdout: code and data are the same on both sides"


def test_more_rows_in_the_holdout_are_no_error_of_the_baseline(project: Any, data: Table) -> None:
    project.run()
    project.commit({"data/holdout.csv": data(20) + "40,1\n"})
    (model,) = project.run().models.values()
    assert (model.failure, model.baseline.confusion.rows) == (None, 41)
