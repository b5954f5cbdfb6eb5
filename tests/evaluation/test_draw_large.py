"""What is drawn of a holdout that is counted in chunks is what is drawn of one in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.evaluation import cuts
from ml_ci.evaluation.evaluate import compare, holdout_of
from ml_ci.evaluation.large import compare as compare_in_chunks
from ml_ci.evaluation.metrics import OF_SCORES
from ml_ci.evaluation.scores import Predictions, decide, write
from ml_ci.tables.table import Table
from tests.evaluation.test_moments import model

SCORES = st.one_of(st.sampled_from([0.0, 0.5, 1.0, 0.1, 0.30000000000000004]), st.floats(0, 1))
ROW = st.tuples(st.booleans(), SCORES, SCORES, st.sampled_from(["1", "0", "2", "0.5"]))


def _side(scores: Any, kind: str) -> Predictions:
    score = np.array(scores, np.float64)
    if kind == "label":
        return Predictions(score >= 0.5, "label")
    return decide(Predictions(score >= 0, kind, score), 0.5)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=30),
    kinds=st.sampled_from(
        [("probability", "probability"), ("margin", "margin"), ("label", "label"), ("probability", "label")]
    ),
    weighted=st.booleans(),
    paired=st.booleans(),
)
def test_streamed_is_in_memory(rows: list[Any], kinds: Any, weighted: bool, paired: bool, tmp_path: Path) -> None:
    rows = [*rows, (True, 0.7, 0.2, "1"), (False, 0.6, 0.4, "1")]
    path = tmp_path / "h.csv"
    path.write_text("y,w\n" + "".join(f"{int(y)},{w}\n" for y, _, _, w in rows))
    table, asked = Table.open(path), model(weight="w" if weighted else None)
    both = [_side([row[1 + place] for row in rows], kind) for place, kind in enumerate(kinds)]
    files = [tmp_path / "c.parquet", tmp_path / "b.parquet"]
    for one, file in zip(both, files, strict=True):
        write(one, file)
    stated = (0.5, 0.5 if paired else None)
    expected = compare(holdout_of(table, asked), both[0], both[1] if paired else None, stated=stated)
    sides = [(file, {}) for file in files[: 2 if paired else 1]]
    found = compare_in_chunks(table, asked, sides, OF_SCORES, stated)
    assert expected.pictures is not None
    assert found.pictures == expected.pictures
    assert (found.pictures.flips is None) is not paired
    if weighted and found.pictures.flips is not None:  # a row of weight 0 is none of them, and none is renumbered
        assert all(float(rows[flip.row - 1][3]) > 0 for flip in found.pictures.flips.rows)
        assert all(bool(rows[flip.row - 1][0]) is flip.positive for flip in found.pictures.flips.rows)
    bare = compare_in_chunks(table, asked, sides, OF_SCORES)
    assert (bare.pictures, bare.candidate, bare.baseline) == (None, found.candidate, found.baseline)


def test_where_a_sort_would_be_too_large_the_cuts_are_of_some_rows_and_the_counts_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "MOST_SORTED", 10_000)
    monkeypatch.setattr(cuts, "_ENOUGH", 8_000)
    monkeypatch.setattr("ml_ci.evaluation.large.MOST_SCORED", 10_000)
    rng = np.random.default_rng(1)
    y = rng.random(40_000) < 0.3
    score = 1 / (1 + np.exp(-(rng.normal(size=len(y)) + y)))
    path, file = tmp_path / "h.csv", tmp_path / "c.parquet"
    path.write_text("y\n" + "".join(f"{int(one)}\n" for one in y))
    write(_side(score, "probability"), file)
    pictures = compare_in_chunks(Table.open(path), model(), [(file, {})], OF_SCORES, (0.5, None)).pictures
    assert pictures is not None and pictures.cuts is not None and pictures.histograms is not None
    side, at = pictures.cuts.candidate, pictures.cuts.at
    assert 500 < len(at) <= 514
    assert side.fp == tuple(int((score[~y] >= cut).sum()) for cut in at)
    assert side.fn == tuple(int((score[y] < cut).sum()) for cut in at)
    called = 1 - np.array(side.fn) / side.positives
    assert np.abs(np.diff(called)).max() < 0.015
    assert sum(pictures.histograms.candidate.positives) == int(y.sum())
