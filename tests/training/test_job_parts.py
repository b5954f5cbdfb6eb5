"""A training function is given the parts of a folder or a glob as one table, where it asks for a table."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.training.values import Input

PARTS = {
    "b.csv": "x,y\n3,c\n",
    "a.csv": "x,y\n1,a\n2,b\n",
    "_SUCCESS": "",
    ".hidden.csv": "z\n1\n",
}


@pytest.mark.parametrize("how", ["data/t", "data/t/*.csv"])
@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        ("pandas.DataFrame", "train.values.tolist(), train.index.tolist()"),
        ("polars.DataFrame", "[list(row) for row in train.rows()], list(range(train.height))"),
        ("polars.LazyFrame", "[list(row) for row in train.collect().rows()], [0, 1, 2]"),
    ],
)
def test_parts_are_one_table(jobs: Any, how: str, annotation: str, given: str) -> None:
    pytest.importorskip(annotation.partition(".")[0])
    for name, content in PARTS.items():
        jobs.write(f"data/t/{name}", content)
    jobs.data["train"] = Input(str(jobs.folder / how))
    library = annotation.partition(".")[0]
    found = jobs.function(f"import {library}\ndef train(train: {annotation}):\n    return {given}\n")
    assert pickle.loads(found.artifact.read_bytes()) == ([[1, "a"], [2, "b"], [3, "c"]], [0, 1, 2])


def test_folders_named_after_values_are_columns(jobs: Any) -> None:
    pytest.importorskip("pandas")
    for region in ("north", "south"):
        jobs.write(f"data/t/region={region}/p.jsonl", '{"x": 1, "day": "2024-01-01", "zip": "007"}\n')
    jobs.data["train"] = Input(str(jobs.folder / "data/t"))
    found = jobs.function("import pandas\ndef train(train: pandas.DataFrame):\n    return train.to_dict('records')\n")
    row = {"x": 1, "day": "2024-01-01", "zip": "007"}
    assert pickle.loads(found.artifact.read_bytes()) == [row | {"region": "north"}, row | {"region": "south"}]


def test_a_folder_without_annotation_is_a_path(jobs: Any) -> None:
    jobs.write("data/t/a.csv", "x\n1\n")
    jobs.data["train"] = Input(str(jobs.folder / "data/t"))
    found = jobs.function("def train(train):\n    return str(train)\n")
    assert Path(pickle.loads(found.artifact.read_bytes())).name == "t"


def test_a_folder_without_parts(jobs: Any, failed: Callable[[Callable[[], object]], Failure]) -> None:
    pytest.importorskip("pandas")
    jobs.write("data/t/_SUCCESS", "")
    jobs.data["train"] = Input(str(jobs.folder / "data/t"))
    found = failed(lambda: jobs.function("import pandas\ndef train(train: pandas.DataFrame):\n    return 1\n"))
    assert "data.train has no part file" in found.message
