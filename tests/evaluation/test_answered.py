"""What a command answered for the rows of an ask: in their order, each score or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml_ci.errors import StageFailed
from ml_ci.evaluation.answered import Answered, Yardstick, read_answered
from ml_ci.spec.values import Positive
from ml_ci.tables.table import Table

Make = Callable[..., Table]
NAN = float("nan")


@pytest.fixture
def answered(tmp_path: Path, make: Make) -> Callable[..., Answered]:
    def read(
        content: str,
        positive: Positive = Positive(("yes",)),  # noqa: B008
        labels: str = "y\nyes\nno\n",
        threshold: float = 0.5,
    ) -> Answered:
        rows = make("id,x\n7,1\n8,2\n9,3\n", "rows.csv")
        path = tmp_path / "scores.csv"
        path.write_text(content, encoding="utf-8")
        by = Yardstick("y", make(labels, "holdout.csv"), positive, threshold)
        return read_answered(path, rows, by, "the scores")

    return read


AT_30 = Positive(comparison=(">=", 30))
NUMBERS = "y\n12\n40\n"


@pytest.mark.parametrize(
    ("content", "options", "scores", "decisions"),
    [
        ("score\n0.5\n0.25\n1\n", {}, [0.5, 0.25, 1.0], [1, 0, 1]),
        ("score\n0.5\n0.25\n1\n", {"threshold": 0.6}, [0.5, 0.25, 1.0], [0, 0, 1]),
        ("id,score\n7,0.5\n8,0.25\n9,1\n", {}, [0.5, 0.25, 1.0], [1, 0, 1]),
        ("score\n0.5\nNaN\n1\n", {}, [0.5, NAN, 1.0], [1, -1, 1]),
        ('score\n0.5\n""\n1\n', {}, [0.5, NAN, 1.0], [1, -1, 1]),
        ("score\n0.5\n1.5\n-1\n", {}, [0.5, NAN, NAN], [1, -1, -1]),
        ("prediction\nyes\nno\nyes\n", {}, [NAN] * 3, [1, 0, 1]),
        ("prediction\nyes\nmaybe\nyes\n", {}, [NAN] * 3, [1, -1, 1]),
        ('prediction\nyes\n""\nno\n', {}, [NAN] * 3, [1, -1, 0]),
        ("prediction\n1\n0\n1\n", {}, [NAN] * 3, [1, 0, 1]),
        ("prediction\n31.5\n30\n29\n", {"positive": AT_30, "labels": NUMBERS}, [NAN] * 3, [1, 1, 0]),
        ("prediction\n31.5\nnan\n29\n", {"positive": AT_30, "labels": NUMBERS}, [NAN] * 3, [1, -1, 0]),
    ],
)
def test_each_row_has_its_answer_or_none(
    answered: Callable[..., Answered],
    content: str,
    options: dict[str, object],
    scores: list[float],
    decisions: list[int],
) -> None:
    found = answered(content, **options)
    np.testing.assert_array_equal(found.scores, scores)
    assert found.decisions.tolist() == decisions
    assert sorted(found.errors) == [place for place, one in enumerate(decisions) if one == -1]
    assert all(said.startswith("the scores: ") for said in found.errors.values())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("score\n0.5\n0.25\n", "row-count"),
        ("score\n0.5\n0.25\n1\n1\n", "row-count"),
        ("id,score\n8,0.25\n7,0.5\n9,1\n", "rows-differ"),
        ("id,score\n7,0.5\n7,0.25\n9,1\n", "duplicate-id"),
        ("id,score\n7,0.5\n9,1\n", "missing-id"),
        ("probability\n1\n1\n1\n", "no-column"),
        ("score,prediction\n1,yes\n1,yes\n1,yes\n", "both-columns"),
        ("score\nhigh\n0.25\n1\n", "score-not-number"),
    ],
)
def test_what_does_not_say_which_row_it_is_of_is_refused(
    answered: Callable[..., Answered], content: str, code: str
) -> None:
    with pytest.raises(StageFailed) as caught:
        answered(content)
    assert caught.value.failure.code == code
    assert caught.value.failure.hint
