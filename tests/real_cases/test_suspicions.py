"""What ought to make a person suspicious is said, with the number and what to check next; of ordinary data nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.suspicion.counts import of_side, suspicions


def side(
    tp: int, fp: int, tn: int, fn: int, auc: float | None = None, span: tuple[float, float] | None = None
) -> Evaluation:
    """Give a side with scores where an AUC is given, with class labels otherwise."""
    kind = "label" if auc is None else "probability"
    return Evaluation(Confusion(tp, fp, tn, fn), metrics={"auc": auc}, kind=kind, span=span)


# What a side did -> the kinds of what is said of it, and words that have to be there.
ODD = [
    (
        "a file of zeros",
        side(0, 0, 104, 96),
        ["none"],
        ["calls no row positive", "all 96 positives of the 200 rows", "`positive:`"],
    ),
    ("a file of ones", side(96, 104, 0, 0), ["all"], ["calls every row positive", "all 104 negatives"]),
    (
        "scores below the threshold",
        side(0, 0, 104, 96, 0.97, (0.02, 0.42)),
        ["none"],
        ["its scores run from 0.02 to 0.42", "`threshold:`"],
    ),
    ("margins taken for probabilities", side(96, 104, 0, 0, 0.97, (2.0, 9.5)), ["all"], ["from 2 to 9.5"]),
    ("one score for all", side(0, 0, 104, 96, 0.5, (0.37, 0.37)), ["none", "constant"], ["the same score, 0.37"]),
    (
        "a regressor that never reaches 7",
        side(0, 0, 1552, 47, 0.81, (4.9, 6.9)),
        ["none"],
        ["all 47 positives of the 1,599 rows"],
    ),
    ("a coin", side(48, 51, 53, 48, 0.504), ["chance"], ["AUC 0.504 on 96 positives and 104 negatives", "5% level"]),
    (
        "a coin that gives labels",
        side(48, 51, 53, 48),
        ["chance"],
        ["calls 48 of 96 positives and 51 of 104 negatives positive"],
    ),
    ("never positive, and a coin", side(0, 0, 104, 96, 0.48, (0.1, 0.3)), ["none", "chance"], ["AUC 0.480"]),
    (
        "the other class's score",
        side(6, 93, 11, 90, 0.07),
        ["turned"],
        ["the wrong way round: AUC 0.070", "`positive:`"],
    ),
    (
        "the other class's labels",
        side(6, 93, 11, 90),
        ["turned"],
        ["calls 6 of 96 positives and 93 of 104 negatives positive"],
    ),
    ("no error", side(96, 0, 104, 0, 1.0), ["perfect"], ["makes no error on 200 rows", "Look for the label"]),
    ("no error of labels", side(10, 0, 990, 0), ["perfect"], ["makes no error on 1,000 rows"]),
    ("ranked without an error", side(90, 0, 104, 6, 1.0), ["perfect"], ["AUC 1"]),
]
ORDINARY = [
    ("a good model", side(90, 11, 93, 6, 0.95, (0.01, 0.99))),
    ("no error on few rows", side(40, 0, 59, 0, 1.0)),
    ("a weak model on many rows", side(5_200, 4_800, 5_200, 4_800, 0.53)),
    # 100 positives in 1,000 rows, 5% called, most of them rightly: an AUC of 0.55 hides among ties what labels show
    ("few positives found, nearly all rightly", side(12, 8, 892, 88, 0.555)),
    ("only one class", side(0, 0, 200, 0)),
    ("no rows", side(0, 0, 0, 0)),
]


@pytest.mark.parametrize(("given", "kinds", "words"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_is_odd_is_said(given: Evaluation, kinds: list[str], words: list[str]) -> None:
    assert [one.kind for one in of_side(given)] == kinds
    said = " ".join(suspicions(Comparison(given)))
    assert said.startswith("The candidate ")
    assert all(word in said for word in words), said


@pytest.mark.parametrize("given", [row[1] for row in ORDINARY], ids=[row[0] for row in ORDINARY])
def test_nothing_is_said_of_what_is_ordinary(given: Evaluation) -> None:
    assert list(suspicions(Comparison(given))) == []


def test_what_both_sides_do_is_said_once_and_what_only_the_baseline_does_of_it() -> None:
    never, good, always = side(0, 0, 104, 96), side(90, 11, 93, 6), side(96, 104, 0, 0)
    (both,) = suspicions(Comparison(never, never))
    assert "The candidate calls no row positive" in both
    assert "So does the baseline." in both
    (baseline,) = suspicions(Comparison(good, always))
    assert baseline.startswith("The baseline calls every row positive")
    assert len(list(suspicions(Comparison(never, always)))) == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=60))
def test_scores_that_are_turned_round_turn_the_suspicion(rows: list[tuple[bool, int]]) -> None:
    """A score and its contrary are as far from chance, on the two sides of it: at most one of them is `turned`."""
    labels = [label for label, _ in rows]
    if len(set(labels)) < 2:
        return
    auc = float(roc_auc_score(labels, [score for _, score in rows]))
    counts = Confusion(sum(labels), len(labels) - sum(labels), 0, 0)
    one = Evaluation(counts, metrics={"auc": auc})
    kinds = [{found.kind for found in of_side(given)} for given in (one, replace(one, metrics={"auc": 1 - auc}))]
    assert ("chance" in kinds[0]) == ("chance" in kinds[1])
    assert not ("turned" in kinds[0] and "turned" in kinds[1])
    z = abs(auc - 0.5) / math.sqrt((counts.rows + 1) / (12 * counts.positives * counts.negatives))
    assert ("chance" in kinds[0]) == (z <= 1.96)
