"""What a search through the history says of its own cost."""

from __future__ import annotations

import pytest

from ml_ci.bisect.values import Found
from ml_ci.reports.bisected import plain
from ml_ci.repository.history import Commit

COMMIT = Commit("b1b17fa8d309" + "0" * 28, "a", "2026-11-28", "c4")


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        (0, "5 commits judged against 47cb390; 1 training made a model, the others were known."),
        (3, "5 commits judged against 47cb390, at 3 of which it cannot be made; 1 training made a model, "),
    ],
)
def test_what_failed_is_no_training_that_was_known(failed: int, said: str) -> None:
    found = Found("m", COMMIT, (), (), good="47cb390" + "0" * 33, judged=5, trainings=1, failed=failed)
    assert f"  {said}" in plain(found)
