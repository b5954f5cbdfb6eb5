"""A registered model that does not answer alike twice is made again within what its own repetitions differ by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml_ci.evaluation.scores import Predictions, write
from ml_ci.steps.lineage.reproduce import compare_all

SCORES = np.array([0.1, 0.2, 0.45, 0.7, 0.9])


def keep(folder: Path, name: str, *moved: float) -> Path:
    score = SCORES + np.array([*moved, *[0.0] * (len(SCORES) - len(moved))])
    write(Predictions(score >= 0.5, "probability", score), folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("stored", "again", "outcome", "flipped"),
    [
        pytest.param((), [()], "identical", 0, id="asked once"),
        pytest.param((0.0, 0.0, 0.1), [()], "different", 1, id="asked once, another answer"),
        pytest.param((), [(0.0, 0.0, 0.1), ()], "identical", 0, id="one repetition is the same"),
        pytest.param((0.01, 0.0, 0.1), [(0.02,), (0.05,)], "different", 1, id="repetitions that decide alike"),
        pytest.param((0.0, 0.0, 0.1), [(), (0.0, 0.0, 0.2), (0.1,)], "within-tolerance", 0, id="a score that moved"),
        pytest.param((0.45, 0.0, 0.0), [(0.0, 0.4, 0.1), (0.1, 0.4, 0.0)], "different", 2, id="further than they are"),
    ],
)
def test_against_repetitions(
    tmp_path: Path, stored: tuple[float, ...], again: list[tuple[float, ...]], outcome: str, flipped: int
) -> None:
    files = [keep(tmp_path, f"{place}.parquet", *moved) for place, moved in enumerate(again)]
    found = compare_all(keep(tmp_path, "stored.parquet", *stored), files, tolerance=0.1000001)
    assert found[:3] == (outcome, 5, flipped)


def test_within_their_spread(tmp_path: Path) -> None:
    files = [keep(tmp_path, "0.parquet", 0.0, 0.35), keep(tmp_path, "1.parquet", 0.45)]
    stored = keep(tmp_path, "stored.parquet")
    assert compare_all(stored, files, 0.0)[:3] == ("within-spread", 5, 1)
    assert compare_all(stored, files[:1], 0.0)[0] == "different"
