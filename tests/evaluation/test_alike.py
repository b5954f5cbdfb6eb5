"""Labels that a person would take for a positive value, and that are another class."""

from __future__ import annotations

import pytest

from ml_ci.evaluation.alike import alike_notes
from ml_ci.spec.values import Positive


def notes(positive: Positive, *labels: str, rows: int = 2) -> list[str]:
    return list(alike_notes(dict.fromkeys(labels, rows), positive))


@pytest.mark.parametrize(
    ("value", "label", "how"),
    [
        ("yes", "Yes", "case"),
        ("yes", "YES", "case"),
        ("yes", "y es", "white space or marks without width"),
        ("yes", "ye\u200bs", "white space or marks without width"),
        ("yes", "Y es", "case and white space or marks without width"),
        ("caf\u00e9", "cafe\u0301", "its Unicode form"),
        ("caf\u00e9", "CAFE\u0301", "case and its Unicode form"),
        (1000, "1,000", "the spelling of a number"),
        (1000, "1_000", "the spelling of a number"),
        (1000, "1'000", "the spelling of a number"),
        (7, "+ 7", "the spelling of a number"),
        ("yes", "true", "the spelling of a boolean"),
        ("true", "1", "the spelling of a boolean"),
        ("no", "off", "the spelling of a boolean"),
    ],
)
def test_what_a_label_differs_by_is_said(value: str | int, label: str, how: str) -> None:
    [said] = notes(Positive((value,)), str(value), label, "something else")
    assert f"only by {how}, and they count as negative: " in said
    assert said.startswith("2 rows have a label that differs from the positive value ")


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("yes", "yes"),
        ("yes", ""),  # no label at all
        ("yes", "yess"),
        ("yes", "no"),
        ("y", "t"),  # one letter each: as well two classes
        ("n", "f"),
        (1000, "1,00"),
        (7, "8"),
    ],
)
def test_another_label_is_none(value: str | int, label: str) -> None:
    assert notes(Positive((value,)), str(value), label) == []


def test_labels_after_one_without_any_are_looked_at_too() -> None:
    [said] = notes(Positive(("yes",)), "yes", "", "Yes", rows=1)
    assert said.startswith("1 row has a label that differs from the positive value 'yes' only by case, and it counts")


def test_each_way_is_a_note_and_four_labels_are_shown() -> None:
    case, spaces = notes(Positive(("yes",)), "yes", "Yes", "YES", "yEs", "yeS", "YeS", "y es")
    assert case.startswith("10 rows have a label") and " and 1 more. If they are the same" in case
    assert spaces.startswith("2 rows have a label")


def test_a_value_among_the_positive_ones_is_no_other_class() -> None:
    assert notes(Positive(("yes", "Yes")), "yes", "Yes") == []
    assert notes(Positive(comparison=(">=", 1.0)), "1", "1,000") == []
