from __future__ import annotations

from collections.abc import Callable

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.labels import read_labels, unused_notes, y_true
from ml_ci.spec.values import Positive, Scalar
from ml_ci.tables.table import Table

Make = Callable[..., Table]


@pytest.mark.parametrize(
    ("labels", "positive", "expected"),
    [
        (["1", "0"], (1,), [True, False]),
        (["1.000e+00", "0"], (1,), [True, False]),
        (["1", "2"], ("1.0",), [True, False]),
        (["True", "FALSE"], (True,), [True, False]),
        (["yes", "no"], ("yes",), [True, False]),
        (["a", "b", "c"], ("a", "c"), [True, False, True]),
        (["0", "1"], (0,), [True, False]),
    ],
)
def test_positive_values(make: Make, labels: list[str], positive: tuple[Scalar, ...], expected: list[bool]) -> None:
    table = make("x,y\n" + "".join(f"1,{label}\n" for label in labels))
    assert y_true(table, "y", Positive(positive)).tolist() == expected


def test_comparison(make: Make) -> None:
    labels = read_labels(make("x,y\n1,29.9\n1,30\n1,1e3\n"), "y", Positive(comparison=(">=", 30.0)))
    assert labels.y_true.tolist() == [False, True, True]
    assert labels.names == ()


def test_classes_are_merged_canonically(make: Make) -> None:
    labels = read_labels(make("x,y\n1,1\n1,1.0\n1,b\n"), "y", Positive(("b",)))
    assert labels.names == ("1", "b")
    assert labels.codes.tolist() == [0, 0, 1]


def test_one_of_several_positive_values_that_never_occurs_is_noted(make: Make) -> None:
    assert unused_notes(make("x,y\n1,a\n1,b\n"), "y", Positive(("a", "z"))) == (
        "positive value 'z' never occurs in column 'y' of data/holdout.csv; it has: 'a' (1), 'b' (1)",
    )


@pytest.mark.parametrize(
    ("content", "positive", "message"),
    [
        (
            "x,churned\n1,Y\n2,Y\n3,N\n",
            Positive(("yes",)),
            "positive value 'yes' never occurs in column 'churned' of data/holdout.csv; it has: 'Y' (2), 'N' (1)",
        ),
        ("x,churned\n1,Y\n2, \n", Positive(("Y",)), "data/holdout.csv, line 3: no label in column 'churned'"),
        (
            "x,churned\n1,1\n2,nan\n3,\n",
            Positive((1,)),
            "data/holdout.csv, line 3: no label in column 'churned' (and 1 rows more)",
        ),
        (
            "x,churned\n1,1\n2,1\n",
            Positive((1,)),
            "every row of data/holdout.csv is positive: column 'churned' has only '1' (2)",
        ),
        ("x,y\n1,1\n", Positive((1,)), "data/holdout.csv: there is no column 'churned'"),
        (
            "x,churned\n1,1\n2,25\n",
            Positive(comparison=(">=", 30.0)),
            "no label in column 'churned' of data/holdout.csv is >= 30; they lie between 1 and 25",
        ),
        (
            "x,churned\n1,31\n2,45\n",
            Positive(comparison=(">", 30.0)),
            "every label in column 'churned' of data/holdout.csv is > 30; they lie between 31 and 45",
        ),
        (
            "x,churned\n1,31\n2,\n",
            Positive(comparison=(">", 30.0)),
            "data/holdout.csv, line 3: no label in column 'churned'",
        ),
        (
            "x,churned\n1,31\n2,many\n",
            Positive(comparison=(">", 30.0)),
            "data/holdout.csv, line 3: 'many' in column 'churned' is no number",
        ),
    ],
)
def test_labels_that_cannot_be_judged(make: Make, content: str, positive: Positive, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_labels(make(content), "churned", positive)
    assert caught.value.message == message
