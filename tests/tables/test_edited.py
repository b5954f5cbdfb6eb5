"""Rows of a Parquet table with values edited, in the types of its columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ml_ci.tables.edited import write_edited


@pytest.fixture
def source(tmp_path: Path) -> Path:
    days = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
    table = pd.DataFrame({"Age ": [1, 2, 3], "sex": ["m", "f", "m"], "ok": [True, False, True], "day": days})
    table.to_parquet(tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def test_rows_are_written_as_they_are_asked(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    edits = {
        "Age": [7.0, None, 9],
        "sex": ["x", None, "y"],
        "ok": [False, True, None],
        "day": ["2026-05-01", None, "2026-06-01"],
    }
    assert write_edited(source, [2, 0, 2], edits, out) == []
    found = pd.read_parquet(out)
    assert found["sex"].tolist()[::2] == ["x", "y"]
    assert found["Age "].astype("Int64").tolist() == [7, pd.NA, 9]
    assert found["ok"].tolist()[:2] == [False, True]
    assert str(found["day"][0].date()) == "2026-05-01"
    assert write_edited(source, [2, 0], {}, out) == []
    pd.testing.assert_frame_equal(
        pd.read_parquet(out), pd.read_parquet(source).iloc[[2, 0]].reset_index(drop=True), check_dtype=False
    )


def test_a_value_that_a_column_does_not_hold_is_told(source: Path, tmp_path: Path) -> None:
    edits = {"Age": [1, "old", 3], "day": ["2026-05-01", "2026-05-01", "someday"]}
    assert write_edited(source, [0, 1, 2], edits, tmp_path / "out.parquet") == [1, 2]
