"""Rows as tables of polars and of pandas 3, with their own types, and answers as either gives them: the same counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix

from ml_ci.child.calls import NOW
from ml_ci.child.failures import JobFailed
from ml_ci.child.prediction import Scores, score_rows, write_predictions
from ml_ci.child.tables import read_input, read_table
from ml_ci.evaluation.evaluate import compare, read_holdout
from ml_ci.evaluation.predictions import read
from ml_ci.spec.notation import positive as read_positive
from ml_ci.tables.table import Table

TRUTH = [0, 1, 0, 1, 1, 0]
SAID = [0.1, 0.9, 0.8, 0.2, 0.7, 0.3]
WORDS = ["no", "yes"]


@pytest.fixture(autouse=True)
def this_process_is_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOW, "owner", os.getpid())


def expected(positive: Any, labels: list[Any]) -> list[list[int]]:
    found = confusion_matrix([one == positive for one in labels], np.array(SAID) >= 0.5, labels=[False, True])
    return [list(map(int, row)) for row in found]


class Judge:
    """Judge what a function answers about a small holdout, as a run does without its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def counts(self, answer: Any, labels: list[Any], positive: Any) -> list[list[int]]:
        pd.DataFrame({"x": range(len(labels)), "y": labels}).to_csv(self.folder / "holdout.csv", index=False)
        table = Table.open(self.folder / "holdout.csv")
        wanted = read_positive(positive)
        given = {"values": list(wanted.values), "comparison": None}
        request = {
            "positive": given, "labels": sorted(map(str, set(labels))), "entry": "own:score", "count": len(labels),
            "folder": "/nowhere",
        }  # fmt: skip
        rows = pd.read_csv(table.path).drop(columns="y")
        scores: Scores = score_rows(None, rows, lambda model, rows: answer, request)
        path = self.folder / write_predictions(str(self.folder), scores)
        kind = "outcome" if scores.outcome else scores.kind
        found = read(path, table, "y", wanted, kind=kind, precision=scores.precision)
        one = compare(read_holdout(table, "y", wanted), found).candidate.confusion
        return [[one.tn, one.fp], [one.fn, one.tp]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


BITS = [int(one >= 0.5) for one in SAID]
TOLD = [WORDS[one] for one in BITS]
ENUM = pl.Enum(["yes", "no"])  # the order of the names is not theirs in the alphabet
# What a function returns, of scores or of the labels 0 and 1.
ANSWERS: dict[str, Any] = {
    "polars, a Series": pl.Series(SAID),
    "polars, a Series of Float32": pl.Series(SAID, dtype=pl.Float32),
    "polars, a Series with the name of a column": pl.Series("score", SAID),
    "polars, a table of one column": pl.DataFrame({"score": SAID}),
    "polars, a table of both classes": pl.DataFrame({"0": [1 - one for one in SAID], "1": SAID}),
    "polars, a table of both classes, turned": pl.DataFrame({"1": SAID, "0": [1 - one for one in SAID]}),
    "polars, whole numbers": pl.Series(BITS, dtype=pl.Int8),
    "polars, whole numbers without a sign": pl.Series(BITS, dtype=pl.UInt64),
    "polars, booleans": pl.Series([bool(one) for one in BITS]),
    "polars, decimals": pl.Series(SAID).cast(pl.Decimal(10, 4)),
    "pandas, a Series": pd.Series(SAID),
    "pandas, Float64": pd.Series(SAID, dtype="Float64"),
    "pandas, Float32": pd.Series(SAID, dtype="Float32"),
    "pandas, Int64": pd.Series(BITS, dtype="Int64"),
    "pandas, boolean": pd.Series([bool(one) for one in BITS], dtype="boolean"),
    "pandas, doubles of pyarrow": pd.Series(SAID, dtype="double[pyarrow]"),
    "pandas, a table of both classes": pd.DataFrame({"0": [1 - one for one in SAID], "1": SAID}),
    "pandas, an array of its own": pd.array(SAID, dtype="Float64"),
    "pandas, categories of numbers": pd.Series(pd.Categorical(BITS, [1, 0])),
}  # fmt: skip
# Of the labels no and yes.
LABELS: dict[str, Any] = {
    "polars, texts": pl.Series(TOLD),
    "polars, categories": pl.Series(TOLD, dtype=pl.Categorical),
    "polars, an Enum": pl.Series(TOLD, dtype=ENUM),
    "polars, a table with an Enum": pl.DataFrame({"prediction": pl.Series(TOLD, dtype=ENUM)}),
    "polars, both classes": pl.DataFrame({"no": [1 - one for one in SAID], "yes": SAID}),
    "pandas, str of pandas 3": pd.Series(TOLD, dtype="str"),
    "pandas, string": pd.Series(TOLD, dtype="string"),
    "pandas, string of pyarrow": pd.Series(TOLD, dtype="string[pyarrow]"),
    "pandas, objects": pd.Series(TOLD, dtype="object"),
    "pandas, categories": pd.Series(pd.Categorical(TOLD, ["yes", "no"])),
    "pandas, ordered categories": pd.Series(pd.Categorical(TOLD, ["yes", "no"], ordered=True)),
    "pandas, an array of texts": pd.array(TOLD, dtype="str"),
}
NONE: dict[str, tuple[Any, str, str]] = {
    "polars, a missing score": (pl.Series([None, *SAID[1:]]), "score-missing", "row 1"),
    "polars, NaN": (pl.Series([float("nan"), *SAID[1:]]), "score-missing", "row 1"),
    "polars, a missing label": (pl.Series([None, *TOLD[1:]], dtype=ENUM), "score-missing", "row 1"),
    "pandas, NA of Float64": (pd.Series([pd.NA, *SAID[1:]], dtype="Float64"), "score-missing", "row 1"),
    "pandas, NA of Int64": (pd.Series([pd.NA, *BITS[1:]], dtype="Int64"), "score-missing", "row 1"),
    "pandas, a missing str": (pd.Series([None, *TOLD[1:]], dtype="str"), "score-missing", "row 1"),
    "polars, a table nobody collected": (pl.LazyFrame({"score": SAID}), "predict-shape", "LazyFrame"),
    "polars, rows too few": (pl.Series(SAID[1:]), "row-count", "5 values for 6 rows"),
    "polars, lists": (pl.Series([[1.0, 2.0]] * 6), "predict-value", "neither a number nor a label"),
    "pandas, classes by numbers that are pandas' own": (
        pd.DataFrame(np.column_stack([1 - np.array(SAID), SAID])),
        "predict-shape",
        "(6, 2)",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_scores_and_numbers_of_every_type(judge: Judge, case: str) -> None:
    assert judge.counts(ANSWERS[case], TRUTH, 1) == expected(1, TRUTH)


@pytest.mark.parametrize("case", LABELS)
def test_labels_of_every_type(judge: Judge, case: str) -> None:
    labels = [WORDS[one] for one in TRUTH]
    assert judge.counts(LABELS[case], labels, "yes") == expected("yes", labels)


@pytest.mark.parametrize("case", NONE)
def test_what_is_no_answer_is_refused_by_its_name(judge: Judge, case: str) -> None:
    answer, code, said = NONE[case]
    words = "label" in case or "str" in case
    with pytest.raises(JobFailed) as caught:
        judge.counts(answer, [WORDS[one] for one in TRUTH] if words else TRUTH, "yes" if words else 1)
    assert code in caught.value.code
    assert said in caught.value.message + (caught.value.hint or "")
    assert caught.value.hint


TYPED = pd.DataFrame({
    "text": pd.Series(["a", None, "c"], dtype="str"),
    "whole": pd.Series([1, None, 3], dtype="Int64"),
    "truth": pd.Series([True, None, False], dtype="boolean"),
    "kind": pd.Categorical(["u", "v", None], ["v", "u"]),
    "day": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
})  # fmt: skip
FRAMES = pl.DataFrame({
    "text": ["a", None, "c"],
    "whole": pl.Series([1, None, 3], dtype=pl.UInt8),
    "truth": [True, None, False],
    "kind": pl.Series(["u", "v", None], dtype=pl.Categorical),
    "enum": pl.Series(["u", "v", None], dtype=pl.Enum(["v", "u"])),
    "exact": pl.Series(["1.10", None, "3.30"]).str.to_decimal(scale=2),
})  # fmt: skip


@pytest.mark.parametrize("library", ["pandas", "polars", "lazy"])
@pytest.mark.parametrize("whose", ["pandas", "polars"])
def test_rows_have_the_types_that_their_library_wrote(tmp_path: Path, whose: str, library: str) -> None:
    """What pandas wrote pandas reads as it was, and what polars wrote polars; each reads the other's values."""
    path = tmp_path / "rows.parquet"
    TYPED.to_parquet(path) if whose == "pandas" else FRAMES.write_parquet(path)
    entry = {"path": str(path), "columns": None, "written": None, "whole": None}
    for found in (read_input("train", entry, library), read_table("the holdout's rows", entry, library)):
        if library == "pandas":
            assert isinstance(found, pd.DataFrame)
            if whose == "pandas":
                pd.testing.assert_frame_equal(found, TYPED)
            assert [None if pd.isna(one) else one for one in found["text"]] == ["a", None, "c"]
            continue
        assert isinstance(found, pl.LazyFrame if library == "lazy" else pl.DataFrame)
        frame = found.lazy().collect()
        if whose == "polars":
            assert frame.equals(FRAMES) and frame.schema == FRAMES.schema
        assert frame["text"].to_list() == ["a", None, "c"]
        assert frame["whole"].to_list() == [1, None, 3]


def score_by_pandas(model: Any, rows: pd.DataFrame) -> Any:
    return (rows["text"].fillna("").str.upper() == "C").astype("Int64")


def score_by_polars(model: Any, rows: pl.DataFrame) -> Any:
    return rows.select(pl.col("text").fill_null("").str.to_uppercase() == "C")


def score_lazily(model: Any, rows: pl.LazyFrame) -> Any:
    return rows.select(pl.col("text").fill_null("").str.to_uppercase() == "C").collect()


@pytest.mark.parametrize("function", [score_by_pandas, score_by_polars, score_lazily])
def test_a_function_is_given_the_table_that_it_asks_for(tmp_path: Path, function: Callable[..., Any]) -> None:
    from ml_ci.child.prediction import _annotations, read_rows

    TYPED.to_parquet(tmp_path / "rows.parquet")
    entry = {"path": str(tmp_path / "rows.parquet"), "columns": None, "written": None, "whole": None}
    request = {"entry": "own:score", "rows": entry, "count": 3, "folder": "/nowhere", "labels": ["0", "1"],
               "positive": {"values": [1], "comparison": None}}  # fmt: skip
    rows = read_rows(request, _annotations(function)[1], custom=True)
    scores = score_rows(None, rows, function, request)
    assert [bool(one) for one in scores.values] == [False, False, True]
