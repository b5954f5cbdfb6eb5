"""A holdout in part files is counted as the one file that it is cut from: 1, 4 and 16 parts, some of them empty."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ml_ci.errors import StageFailed
from ml_ci.evaluation import evaluate, large, stream
from ml_ci.evaluation.metrics import OF_SCORES
from ml_ci.evaluation.predictions import read
from ml_ci.evaluation.scores import write
from ml_ci.spec.load import load as load_spec
from ml_ci.tables.table import Table

ROWS = 4_000
SPEC = """\
version: 1
models:
  m:
    run: python train.py
    outputs: {predictions: scores}
    data: {train: t.csv, holdout: h}
    label: y
    positive: 1
    slices: [region, {age: [30, 50]}]
    gates: [auc >= 0.5, fnr <= baseline.fnr + 0.1]
"""
MODEL = load_spec(SPEC, "ml-ci.yaml").models["m"]


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    """Give a holdout, of which one region has rows near the end only, and two models' scores."""
    random = np.random.default_rng(3)
    y = (random.random(ROWS) < 0.3).astype(int)
    regions = np.array(["EU", "US", "only here"])[random.integers(0, 2, ROWS)]
    regions[-40:] = "only here"
    scores = {side: np.clip(0.35 * y + random.random(ROWS) * 0.65, 0, 1) for side in "cb"}
    return {"y": y, "region": regions, "age": random.integers(18, 70, ROWS), **scores}


def cut(parts: int) -> list[int]:
    """Say where parts begin and end; of several the second is empty, and they are of unlike length."""
    ends = sorted({int(ROWS * (place / parts) ** 1.5) for place in range(1, parts)})
    return [0, *ends[:1], *ends, ROWS] if parts > 1 else [0, ROWS]


def leave(folder: Path, columns: dict[str, Any], names: str, ends: list[int]) -> Path:
    """Leave columns as part files of Parquet; `SELECT` says which."""
    folder.mkdir()
    frame = columns  # DuckDB finds arrays in a dict that is registered
    with duckdb.connect() as connection:
        connection.register("frame", {name: np.asarray(values) for name, values in frame.items()})
        connection.execute("CREATE TABLE whole AS SELECT row_number() OVER () - 1 AS place, * FROM frame")
        for part, (begin, end) in enumerate(pairwise(ends)):
            chosen = f"SELECT {names} FROM whole WHERE place >= {begin} AND place < {end} ORDER BY place"
            connection.execute(f"COPY ({chosen}) TO '{folder}/part-{part:02}.parquet' (FORMAT parquet)")
    return folder


def compare(place: Path, columns: dict[str, Any], parts: int, in_chunks: bool) -> Any:
    """Count both sides by a holdout and predictions in so many parts, in memory or in chunks from disk."""
    place.mkdir()
    holdout = Table.open(leave(place / "h", columns, "y, region, age", cut(parts)), shown="h")
    given = {side: leave(place / side, columns, f"{side} AS score", cut(parts)) for side in "cb"}
    found = {side: read(at, holdout, "y", MODEL.positive, shown=side) for side, at in given.items()}
    for side, one in found.items():
        write(one, place / f"{side}.parquet")
    if in_chunks:
        return large.compare(holdout, MODEL, [(place / f"{side}.parquet", {}) for side in "cb"], OF_SCORES)
    return evaluate.compare(evaluate.holdout_of(holdout, MODEL), found["c"], found["b"], wanted=OF_SCORES)


def _told(found: Any) -> object:
    sides = [(one.confusion, one.slices, one.metrics) for one in (found.candidate, found.baseline)]
    return sides, found.paired, found.spreads


@pytest.fixture(scope="module")
def whole(columns: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _told(compare(tmp_path_factory.mktemp("whole") / "one", columns, 1, in_chunks=False))


@pytest.mark.parametrize("parts", [1, 4, 16])
def test_counts_auc_and_spread_are_those_of_one_file(
    columns: dict[str, Any], whole: Any, parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    found = compare(tmp_path / "parts", columns, parts, in_chunks=True)
    assert _told(found) == whole
    few = found.candidate.slices["region"]["only here"]
    assert few.tp + few.fp + few.tn + few.fn == 40
    assert (found.candidate.metrics["auc"] > 0.7, bool(found.spreads)) == (True, True)
    assert _told(compare(tmp_path / "memory", columns, parts, in_chunks=False)) == whole


@pytest.mark.parametrize("parts", [4, 16])
def test_a_part_with_other_rows_is_named(columns: dict[str, Any], parts: int, tmp_path: Path) -> None:
    ends = cut(parts)
    holdout = Table.open(leave(tmp_path / "h", columns, "y, region, age", ends), shown="h")
    moved = [*ends[:3], ends[3] - 1, *ends[4:]]  # as many rows, one of them in another part
    for wrong in (moved, [*ends[:-1], ROWS - 1]):
        folder = leave(tmp_path / f"c{wrong[-1]}", columns, "c AS score", wrong)
        with pytest.raises(StageFailed) as caught:
            read(folder, holdout, "y", MODEL.positive, shown="scores")
        assert caught.value.failure.code == "row-count"
        assert "scores: the part part-" in caught.value.failure.message


def test_other_parts_without_a_column_that_tells_rows_apart_are_refused(
    columns: dict[str, Any], tmp_path: Path
) -> None:
    holdout = Table.open(leave(tmp_path / "h", columns, "y, region, age", cut(4)), shown="h")
    with pytest.raises(StageFailed) as caught:
        read(leave(tmp_path / "c", columns, "c AS score", cut(16)), holdout, "y", MODEL.positive, shown="scores")
    assert caught.value.failure.code == "parts-order"
