"""Labels are compared by value, exactly: which rows are positive, whatever reads them, and what looks alike is noted."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ml_ci.child import canonical as child
from ml_ci.child.labels import Classes, compares
from ml_ci.errors import UserError
from ml_ci.evaluation.alike import alike_notes
from ml_ci.evaluation.comparison import holds
from ml_ci.evaluation.labels import classes_of, read_labels
from ml_ci.evaluation.stream import class_counts
from ml_ci.spec.notation import positive as read_positive
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import canonical
from ml_ci.tables.table import Table

BIG = 9007199254740993  # 2**53 + 1, which no float holds


def table_of(folder: Path, labels: Any) -> Table:
    """Write labels as text, one a line, or with their type as Parquet."""
    if isinstance(labels, list):
        path = folder / "h.csv"
        path.write_text("x,y\n" + "".join(f'1,"{label}"\n' for label in labels), encoding="utf-8")
    else:
        path = folder / "h.parquet"
        pq.write_table(pa.table({"x": [1] * len(labels), "y": labels}), path)
    return Table.open(path)


def typed(values: list[Any], kind: Any) -> Any:
    return pa.array(values, kind)


# What it is: the labels (a list is text), `positive:` as in ml-ci.yaml, and which rows are positive (1).
POSITIVE = [
    ("integers beyond 2^53", [BIG, BIG - 1, BIG - 2], BIG, "100"),
    ("the same as int64", typed([BIG, BIG - 1], pa.int64()), BIG, "10"),
    ("the same as uint64", typed([2**64 - 1, 2**64 - 2], pa.uint64()), 2**64 - 1, "10"),
    ("ids that only differ in the last of 20 digits", ["12345678901234567891", "12345678901234567890"], "12345678901234567891", "10"),
    ("decimals of 30 digits", ["0.100000000000000000000000000001", "0.1"], "0.1", "01"),
    ("decimal128", typed([1, 2], pa.int64()).cast(pa.decimal128(38, 5)), 1, "10"),
    ("spellings of one number", ["1", "1.0", "1.000e+00", "0"], 1, "1110"),
    ("spellings of one boolean", ["True", "TRUE", "true", "False"], True, "1110"),
    ("booleans of a typed column", typed([True, False], pa.bool_()), True, "10"),
    ("a text in quotes beside the number", ["007", "7", "7.0"], "007", "100"),
    ("the number beside the text, in quotes", ["007", "7", "7.0"], "7", "010"),
    ("the number, without quotes", ["007", "7", "7.0", "8"], 7, "1110"),
    ("1E5 in quotes beside 100000", ["1E5", "100000", "x"], "1E5", "100"),
    ("100000 in quotes beside 1E5", ["1E5", "100000", "x"], "100000", "010"),
    ("00 in quotes beside 0", ["00", "0", "1"], "00", "100"),
    ("+1 in quotes beside 1", ["+1", "1", "2"], "+1", "100"),
    ("True in quotes beside TRUE", ["True", "TRUE", "no"], "True", "100"),
    ("quotes where the data are numbers", typed([1, 0], pa.int64()), "1", "10"),
    ("quotes where the data are floats", typed([1.0, 0.0], pa.float64()), "1", "10"),
    ("a quoted and a plain value", ["007", "7", "8"], ["007", 8], "101"),
    ("1_000 is no number", ["1_000", "1000", "2"], 1000, "010"),
    ("0_1 is no number", ["0_1", "1", "2"], 1, "010"),
    ("a float32 label", typed([0.7, 0.2], pa.float32()), 0.7, "10"),
    ("== beyond 2^53", [BIG, BIG - 1], f"== {BIG}", "10"),
    ("== beyond 2^53, int64", typed([BIG, BIG - 1], pa.int64()), f"== {BIG}", "10"),
    ("!= beyond 2^53", [BIG, BIG - 1], f"!= {BIG}", "01"),
    (">= beyond 2^53", typed([BIG, BIG - 1, BIG + 1], pa.int64()), f">= {BIG}", "101"),
    ("> beyond 2^53", [BIG, BIG - 1, BIG + 1], f"> {BIG}", "001"),
    ("< beyond 2^53", [BIG, BIG - 1, BIG + 1], f"< {BIG}", "010"),
    ("<= beyond 2^53", [BIG, BIG - 1, BIG + 1], f"<= {BIG}", "110"),
    ("uint64 compared", typed([2**64 - 1, 2**64 - 2], pa.uint64()), f">= {2**64 - 1}", "10"),
    ("a decimal just below the bound", ["0.69999999999999999999", "0.7", "0.70"], ">= 0.7", "011"),
    ("decimal128 just below the bound", pa.array(["0.69999999999999999999", "0.7"]).cast(pa.decimal128(30, 20)), ">= 0.7", "01"),
    ("float32 0.7", typed([0.7, 0.6999, 0.71], pa.float32()), ">= 0.7", "101"),
    ("float32 0.7 is not above", typed([0.7, 0.6999, 0.71], pa.float32()), "> 0.7", "001"),
    ("float16 0.1", pa.array(np.array([0.1, 0.09, 0.2], np.float16)), ">= 0.1", "101"),
    ("float64 0.7", typed([0.7, float(np.float32(0.7)), 0.71], pa.float64()), ">= 0.7", "101"),
    ("float32 of 0.1 + 0.2", typed([0.3, 0.29], pa.float32()), "== 0.3", "10"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive", "expected"), [row[1:] for row in POSITIVE], ids=[r[0] for r in POSITIVE]
)
def test_which_rows_are_positive(tmp_path: Path, labels: Any, positive: Any, expected: str) -> None:
    table, wanted = table_of(tmp_path, labels), read_positive(positive)
    found = "".join(str(int(one)) for one in read_labels(table, "y", wanted).y_true)
    assert found == expected
    # rows too many to hold are counted in SQL, and come out the same
    assert class_counts(table, "y", wanted) == (expected.count("0"), expected.count("1"))
    # and so does the job, which knows the same labels; a float32 has its own text there too
    texts = table.text("y")
    classes = classes_of(table.counts("y"), wanted)
    if pa.types.is_floating(getattr(labels, "type", pa.int8())) is False:
        assert "".join(str(int(classes.is_positive(text))) for text in texts) == expected


@pytest.mark.parametrize("text", ["1_000", "0_1", "1_000.5", "1e1_0", "_1", "1_"])
def test_an_underscore_is_in_no_number(tmp_path: Path, text: str) -> None:
    table = table_of(tmp_path, [text, "1", "2"])
    with pytest.raises(UserError, match=f"'{text}' in column 'y' is no number"):
        read_labels(table, "y", Positive(comparison=(">=", 2)))
    with pytest.raises(UserError, match=f"'{text}' in column 'y' is no number"):
        table_of(tmp_path, typed([text, "1", "2"], pa.string())).numbers("y")
    assert child.exact(text) is None


def test_a_bound_that_no_float_holds_is_told() -> None:
    assert read_positive(f">= {BIG}").comparison == (">=", BIG)
    with pytest.raises(ValueError, match="a number of at most 15 digits"):
        read_positive(">= 0.69999999999999999999")


# What it is: the rows of each label, `positive:`, and what is said (nothing where "").
ALIKE = [
    ("case", {"yes": 30, "Yes": 40, "YES": 26, "no": 104}, "yes", "66 rows have a label that differs from the positive value 'yes' only by case"),
    ("one row", {"yes": 30, "Yes": 1, "no": 9}, "yes", "1 row has a label that differs from the positive value 'yes' only by case"),
    ("a mark without width", {"yes": 3, "yes\u200b": 2, "no": 4}, "yes", r"2 rows .* only by white space .* 'yes\\u200b' \(2\)"),
    ("a byte order mark", {"yes": 3, "\ufeffyes": 2, "no": 4}, "yes", "only by white space"),
    ("a space that does not break", {"not spam": 3, "not\xa0spam": 2, "ham": 4}, "not spam", "only by white space"),
    ("two spaces", {"not spam": 3, "not  spam": 2, "ham": 4}, "not spam", "only by white space"),
    ("NFC and NFD", {"caf\xe9": 3, "cafe\u0301": 2, "tea": 4}, "caf\xe9", r"only by its Unicode form.*'cafe\\u0301' \(2\)"),
    ("letters of full width", {"spam": 3, "\uff53\uff50\uff41\uff4d": 2, "ham": 4}, "spam", "only by its Unicode form"),
    ("case and form", {"caf\xe9": 3, "CAFE\u0301": 2, "tea": 4}, "caf\xe9", "only by case and its Unicode form"),
    ("True beside 1", {"1": 3, "True": 2, "0": 4, "False": 5}, 1, r"2 rows .* the spelling of a boolean.*'True' \(2\)"),
    ("1 beside True", {"True": 3, "1": 2, "0": 4}, True, r"2 rows .* the spelling of a boolean.*'1' \(2\)"),
    ("y beside yes", {"yes": 3, "y": 2, "no": 4}, "yes", "the spelling of a boolean"),
    ("7 beside 007", {"007": 3, "7": 2, "7.0": 5, "8": 4}, "007", r"7 rows .* the spelling of a number.*'7' \(2\), '7.0' \(5\)"),
    ("100000 beside 1E5", {"1E5": 3, "100000": 56, "x": 4}, "1E5", "56 rows .* the spelling of a number"),
    ("1,000 beside 1000", {"1000": 3, "1,000": 2, "2": 4}, 1000, "the spelling of a number"),
    ("1_000 beside 1000", {"1000": 3, "1_000": 2, "2": 4}, 1000, "the spelling of a number"),
    ("digits of full width", {"1": 3, "\uff11": 2, "2": 4}, 1, "only by its Unicode form"),
    ("one of two values", {"a": 3, "b": 2, "B": 7, "c": 4}, ["a", "b"], "7 rows .* 'b' only by case"),
    ("both are positive", {"yes": 3, "Yes": 2, "no": 4}, ["yes", "Yes"], ""),
    ("ordinary labels", {"yes": 3, "no": 4, "maybe": 2}, "yes", ""),
    ("ordinary numbers", {"1": 3, "0": 4, "10": 2, "11": 1}, 1, ""),
    ("a decimal comma is another number", {"15": 3, "1,5": 4}, 15, ""),
    ("letters of a code", {"y": 3, "t": 4, "n": 2}, "y", ""),
    ("spellings of one value are one class", {"1": 3, "1.0": 4, "0": 2}, 1, ""),
    ("labels that are compared", {"1": 3, "1.0": 4, "0": 2}, ">= 1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "positive", "said"), [row[1:] for row in ALIKE], ids=[row[0] for row in ALIKE])
def test_labels_that_look_alike_are_noted(counts: dict[str, int], positive: Any, said: str) -> None:
    notes = list(alike_notes(counts, read_positive(positive)))
    assert len(notes) == (1 if said else 0)
    if said:
        import re

        assert re.search(said, notes[0])


WORDS = st.sampled_from(
    [
        "1",
        "1.0",
        "01",
        "1e0",
        "True",
        "true",
        "TRUE",
        "yes",
        "Yes",
        " yes",
        "7",
        "007",
        "0",
        "-0",
        "0.0",
        "nan",
        "a\u0301",
    ]
)
NUMBER = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(BIG - 3, BIG + 3).map(str),
)


@given(st.one_of(WORDS, NUMBER, st.text(max_size=8)))
@example("١٢")
@example("1_0")
def test_the_job_writes_a_value_canonically_as_the_run_does(text: str) -> None:
    assert child.canonical(text) == canonical(text)


@given(st.lists(st.one_of(WORDS, NUMBER), min_size=1, max_size=6), st.one_of(WORDS, NUMBER))
def test_a_text_is_of_one_class_and_positive_by_its_value_or_its_spelling(texts: list[str], wanted: str) -> None:
    texts = [text.strip() for text in texts]
    classes = Classes(texts, (wanted,))
    quoted = wanted.strip() in texts
    for text in texts:
        alike = text == wanted.strip() if quoted else canonical(text) == canonical(wanted)
        assert classes.is_positive(text) is alike
        assert all(canonical(other) == canonical(text) for other in texts if classes.of(other) == classes.of(text))


OPERATORS = st.sampled_from([">=", ">", "<=", "<", "==", "!="])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NUMBER, min_size=1, max_size=8), st.integers(BIG - 2, BIG + 2), OPERATORS)
def test_a_comparison_is_exact_in_sql_in_memory_and_in_the_job(
    tmp_path: Path, numbers: list[str], bound: int, operator: str
) -> None:
    from fractions import Fraction
    from operator import eq, ge, gt, le, lt, ne

    compare = {">=": ge, ">": gt, "<=": le, "<": lt, "==": eq, "!=": ne}[operator]
    numbers = [*numbers, str(bound - 1), str(bound), str(bound + 1)]
    expected = [compare(Fraction(number), bound) for number in numbers]
    table, comparison = table_of(tmp_path, numbers), (operator, bound)
    assert read_labels(table, "y", Positive(comparison=comparison)).y_true.tolist() == expected
    assert table.count_where(holds(table, "y", comparison)) == sum(expected)
    assert [compares(number, comparison) for number in numbers] == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=8), st.floats(0, 1), st.sampled_from([">=", ">"]))
def test_a_float32_label_is_compared_as_numpy_does(
    tmp_path: Path, numbers: list[float], bound: float, operator: str
) -> None:
    values = np.array([*numbers, bound, np.nextafter(np.float32(bound), np.float32(2)), -1], np.float32)
    expected = values >= np.float32(bound) if operator == ">=" else values > np.float32(bound)
    frame = pd.DataFrame({"y": values})
    frame.to_parquet(tmp_path / "f.parquet")
    found = read_labels(Table.open(tmp_path / "f.parquet"), "y", Positive(comparison=(operator, bound)))
    assert found.y_true.tolist() == expected.tolist()
