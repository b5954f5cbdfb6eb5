"""Columns whose texts have white space around them are told from numbers, and from texts that have none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ml_ci.tables.padding import find_padded
from ml_ci.tables.table import Table


@pytest.mark.parametrize(
    ("text", "padded"),
    [
        ("age, work, n\n39, State-gov, 7\n50, Private, 8\n", ("work",)),
        ("age,work \n39,State-gov \n50,Private\t\n", ("work",)),
        ("age,work\n39,State-gov\n50, Private\n51,Private\n", ()),  # one row of three
        ("age,work\n39, State-gov\n50, Private\n51,Private\n", ("work",)),
        ("age,work\n39,' x'\n50,' y'\n", ()),  # the quotes are the value's
        ('age,work\n39," x"\n50," y"\n', ("work",)),
        ("age, n\n39, 7\n50, 1e3\n", ()),
        ("a,b\nx,\ny,\n", ()),
    ],
)
def test_columns_of_texts_with_white_space_around_them(text: str, padded: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert find_padded(Table.open(path)) == padded


def test_texts_of_parquet_are_values(tmp_path: Path) -> None:
    pd.DataFrame({"work": [" a", " b"]}).to_parquet(tmp_path / "t.parquet")
    assert find_padded(Table.open(tmp_path / "t.parquet")) == ()
