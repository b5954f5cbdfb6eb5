"""What a holdout can never prove."""

from __future__ import annotations

import pytest

from ml_ci.conditions import parse
from ml_ci.gates.evidence import Policy
from ml_ci.gates.preflight import HoldoutRows, Unprovable, unprovable
from ml_ci.spec.values import GateSpec


def check(text: str, holdout: HoldoutRows, **policy: float | int | str | None) -> tuple[Unprovable, ...]:
    return unprovable([GateSpec(text, parse(text))], holdout, Policy(**policy))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "confidence", "needed"),
    [
        ("fpr <= 0.01", 0.95, 299),
        ("fpr <= 0.01", 0.99, 459),
        ("fpr <= 0.05", 0.95, 59),
        ("tnr >= 0.98", 0.99, 228),
        ("fpr <= baseline.fpr + 0.01", 0.95, 268),
        ("fpr <= baseline.fpr + 0.01", 0.99, 536),
        ("fpr <= 0.01 + baseline.fpr", 0.95, 268),
        ("tnr >= baseline.tnr - 0.01", 0.95, 268),
        ("fpr <= baseline.fpr + 0.02", 0.99, 266),
    ],
)
def test_the_fewest_rows_of_the_reference(text: str, confidence: float, needed: int) -> None:
    (found,) = check(text, HoldoutRows((needed - 1, 10_000)), confidence=confidence)
    assert (found.rows, found.kind, found.needed) == (needed - 1, "negatives", needed)
    assert check(text, HoldoutRows((needed, 10_000)), confidence=confidence) == ()


def test_the_sentence_names_what_can_be_proven() -> None:
    (found,) = check("fnr <= baseline.fnr + 0.01", HoldoutRows((9_000, 200)), confidence=0.95)
    assert found.smallest == pytest.approx(0.013347, abs=1e-6)
    assert found.reason == (
        "FNR: 200 positives can never prove it with 95% confidence, it takes 268; "
        "the best they can prove is a margin of +1.3 points"
    )


def test_each_slice_is_looked_at_and_small_ones_are_left_out() -> None:
    holdout = HoldoutRows((500, 500), {"region": {"north": (400, 480), "south": (90, 10), "west": (10, 10)}})
    found = check("each(fnr, by=region) <= 0.05", holdout, confidence=0.95, min_rows=30)
    assert [one.slice for one in found] == ["region = south"]
    assert [one.slice for one in check("each(fnr, by=region) <= 0.05", holdout, confidence=0.95)] == [
        "region = south",
        "region = west",
    ]


@pytest.mark.parametrize(("min_rows", "slices"), [(None, ["south"]), (20, ["south", "west"]), (101, [])])
def test_a_worst_slice_is_looked_for_among_those_that_are_judged(min_rows: int | None, slices: list[str]) -> None:
    holdout = HoldoutRows((500, 500), {"region": {"north": (400, 480), "south": (90, 10), "west": (19, 10)}})
    found = check("worst(fnr, by=region) <= 0.05", holdout, confidence=0.95, min_rows=min_rows)
    assert [one.slice for one in found] == [f"region = {name}" for name in slices]


@pytest.mark.parametrize(
    "text",
    [
        "fpr <= 0.01 @ 0",
        "auc >= 0.99",
        "precision >= 0.99",
        "fpr >= 0.01",
        "gap(fpr, by=region) <= 0.01",
        "fpr <= 1.1 * baseline.fpr",
        "fp <= 3",
    ],
)
def test_what_is_not_known_before_training_is_left_alone(text: str) -> None:
    assert check(text, HoldoutRows((5, 5)), confidence=0.95) == ()


def test_without_a_confidence_there_is_nothing_to_prove() -> None:
    assert check("fpr <= 0.01", HoldoutRows((5, 5))) == ()
    assert len(check("fpr <= 0.01 @ 0.95", HoldoutRows((5, 5)))) == 1


def test_a_spent_ledger_asks_for_more_rows() -> None:
    assert check("fpr <= 0.05", HoldoutRows((60, 60)), confidence=0.95) == ()
    (found,) = check("fpr <= 0.05", HoldoutRows((60, 60)), confidence=0.95, alpha_spent=0.001)
    assert found.needed == 135
    assert "99.9% confidence" in found.reason
