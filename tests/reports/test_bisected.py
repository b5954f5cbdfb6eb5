"""What a search through the history says of its own cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.bisect.values import Found
from ml_ci.reports.bisected import plain, to_json
from ml_ci.repository.history import Commit

COMMIT = Commit("b1b17fa8d309" + "0" * 28, "a", "2026-11-28", "c4")


@pytest.mark.parametrize(
    ("failed", "trainings", "failed_trainings", "said"),
    [
        (0, 1, 0, "5 commits judged against 47cb390; 1 training, the others were known."),
        (
            3,
            4,
            1,
            "5 commits judged against 47cb390, at 3 of which it cannot be made; 4 trainings, 1 of which failed, the",
        ),
        (
            3,
            0,
            0,
            "5 commits judged against 47cb390, at 3 of which it cannot be made; 0 trainings, the others were known.",
        ),
    ],
)
def test_a_training_that_failed_took_its_time_too(
    failed: int, trainings: int, failed_trainings: int, said: str
) -> None:
    found = Found("m", COMMIT, (), (), good="47cb390" + "0" * 33, judged=5, trainings=trainings, failed=failed)
    found = replace(found, failed_trainings=failed_trainings)
    assert f"  {said}" in plain(found)
    told = to_json(found)
    assert (told["trainings"], told["failed_trainings"]) == (trainings, failed_trainings)
