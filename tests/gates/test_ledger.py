"""What counts as a look at a holdout, and what a look may spend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.clusters import Sketch
from ml_ci.gates.ledger import (
    Ledger,
    Look,
    Pair,
    judgements,
    merged,
    promoted,
    standing,
    strictest,
)
from ml_ci.gates.values import MOST_JUDGEMENTS
from ml_ci.spec.values import GateSpec, Reuse
from ml_ci.tables.content import FORM, Content


def _holdout(rows: Iterable[int]) -> Content:
    hashes = tuple(rows)
    return Content(f"digest of {min(hashes)} to {max(hashes)}", len(hashes), hashes)


HOLDOUT = _holdout(range(100))


def _look(number: int, *, promoted: bool = False) -> Look:
    pair = Pair("churn", f"candidate {number}", f"baseline {number}")
    return Look(pair, f"2026-01-01T00:{number:02}:00+00:00", "pass", None, promoted)


def _ledger(looks: int, promotions: int = 0, holdout: Content = HOLDOUT) -> Ledger:
    return Ledger(holdout, tuple(_look(number, promoted=number < promotions) for number in range(looks)))


NEW = Pair("churn", "new", "old")


def test_the_first_look_says_nothing() -> None:
    found = standing(HOLDOUT, [], NEW, None, 0.95)
    assert (found.looks, found.fresh, found.alpha, found.notes) == (0, True, None, ())


def test_without_a_plan_looks_are_counted_and_nothing_is_spent() -> None:
    found = standing(HOLDOUT, [_ledger(6, 1)], NEW, None, 0.95)
    assert (found.looks, found.promotions, found.alpha, found.spent) == (6, 1, None, False)
    assert found.notes == (), "nobody can do anything about a few looks"
    assert standing(HOLDOUT, [_ledger(18)], NEW, None, 0.95).notes == ()
    (twentieth,) = standing(HOLDOUT, [_ledger(19)], NEW, None, 0.95).notes
    assert twentieth.startswith("look 20 at this holdout, 0 promotions before it: so many looks flatter the numbers")
    assert "`ml-ci ledger`" in twentieth
    (alarm,) = standing(HOLDOUT, [_ledger(40)], NEW, None, 0.95).notes
    assert alarm.startswith("look 41 at this holdout, 0 promotions before it: so many looks flatter the numbers")


def test_a_plan_gives_each_look_its_level() -> None:
    """.05 / (32 (1 + 32 + 496 + 4,960)), as the reference has it."""
    found = standing(HOLDOUT, [_ledger(6, 1)], NEW, Reuse(32, 3), 0.95)
    assert found.alpha == pytest.approx(0.05 / (32 * (1 + 32 + 496 + 4960)))
    assert found.notes == ("look 7 of 32 at this holdout, 1 promotion of 3 before it",)
    assert not found.spent


@pytest.mark.parametrize(("looks", "promotions"), [(32, 0), (40, 3), (10, 4)])
def test_a_spent_plan_says_so_and_leaves_nothing(looks: int, promotions: int) -> None:
    found = standing(HOLDOUT, [_ledger(looks, promotions)], NEW, Reuse(32, 3), 0.95)
    assert (found.alpha, found.spent) == (0, True)
    assert "is spent" in found.notes[0] and "label fresh rows" in found.notes[0]


def test_the_same_pair_again_is_no_further_look() -> None:
    again = _look(3).pair
    found = standing(HOLDOUT, [_ledger(40)], again, Reuse(32, 3), 0.95)
    assert (found.looks, found.fresh, found.spent) == (3, False, False)


def test_another_threshold_is_another_look() -> None:
    pair = _look(3).pair
    found = standing(HOLDOUT, [_ledger(5)], Pair(pair.model, pair.candidate, pair.baseline, "other"), None, None)
    assert (found.looks, found.fresh) == (5, True)


def test_a_model_beside_itself_that_was_seen_before_is_no_look() -> None:
    same = Pair("churn", "baseline 2", "baseline 2")
    assert not standing(HOLDOUT, [_ledger(5)], same, None, None).fresh
    assert standing(HOLDOUT, [], same, None, None).fresh


@pytest.mark.parametrize(
    ("rows", "looks"),
    [
        (range(120), 5),
        (range(50), 5),
        (range(40, 140), 5),
        (range(1000, 1100), 0),
        (range(300), 0),
        (range(90, 190), 0),
    ],
)
def test_looks_count_while_half_of_the_rows_are_the_same(rows: range, looks: int) -> None:
    assert standing(_holdout(rows), [_ledger(5)], NEW, None, None).looks == looks


def test_rows_added_after_a_look_at_the_same_pair_ask_for_e_values() -> None:
    pair = _look(2).pair
    grown = standing(_holdout(range(150)), [_ledger(5)], pair, None, 0.95)
    assert grown.anytime == "rows were added, 100 → 150, after a look at the same two models"
    assert grown.notes[-1] == f"judged by e-values: {grown.anytime}"
    assert standing(_holdout(range(150)), [_ledger(5)], NEW, None, 0.95).anytime == ""
    assert standing(HOLDOUT, [_ledger(5)], pair, None, 0.95).anytime == ""
    assert standing(_holdout(range(10, 150)), [_ledger(5)], pair, None, 0.95).anytime == "", "ten rows were replaced"


def test_a_merge_is_a_union_by_pair() -> None:
    one, other = _ledger(3, 1), Ledger(HOLDOUT, (_look(1, promoted=True), _look(7)))
    both = merged(one, other)
    assert [look.pair.candidate for look in both.looks] == [f"candidate {n}" for n in (0, 1, 2, 7)]
    assert both.promotions == 2
    assert merged(both, one) == both == merged(other, one)


def test_a_promotion_is_noted_in_every_look_at_the_candidate() -> None:
    assert promoted(_ledger(3), "churn", "candidate 1").promotions == 1
    assert promoted(_ledger(3), "other", "candidate 1").promotions == 0


@pytest.mark.parametrize(
    ("texts", "confidence", "strict"),
    [
        (["fpr <= 0.1"], None, None),
        (["fpr <= 0.1"], 0.95, 0.95),
        (["fpr <= 0.1 @ 0.99"], 0.95, 0.99),
        (["fpr <= 0.1 @ 0.9"], 0.95, 0.9),
        (["fpr <= 0.1 @ 0"], 0.95, None),
        (["fpr <= 0.1 @ 0.99", "fnr <= 0.1"], None, 0.99),
    ],
)
def test_the_strictest_confidence_is_what_looks_spend(
    texts: list[str], confidence: float | None, strict: float | None
) -> None:
    assert strictest([GateSpec(text, parse(text)) for text in texts], confidence) == strict


GROWN = _holdout(range(120))
FIRST = Sketch({"a": 5.0, "b": 2.0}, (5.0, 2.0, 5.0), 2)


@pytest.mark.parametrize(
    ("first", "now", "why"),
    [
        (FIRST, Sketch({"a": 5.0, "b": 2.0, "c": 9.0}, (9.0, 9.0, 9.0), 3), ""),
        (FIRST, Sketch({"a": 5.0, "b": 3.0}, (5.0, 3.0, 5.0), 2), "1 known cluster has more rows than at a look"),
        (FIRST, Sketch({"a": 6.0, "b": 3.0}, (6.0, 3.0, 6.0), 2), "2 known clusters have more rows than at a look"),
        (Sketch({"a": 5.0}, (5.0, 0.0, 5.0), 9000), Sketch({"a": 6.0}), "the same two models of 1 looked at"),
        (None, FIRST, "which clusters they are of is not known"),
        (Sketch(), FIRST, "which clusters they are of is not known"),
        (FIRST, Sketch(), "which clusters they are of is not known"),
    ],
)
def test_only_new_clusters_are_further_evidence(first: Sketch | None, now: Sketch, why: str) -> None:
    ledger = replace(_ledger(3), clusters=first)
    found = standing(GROWN, [ledger], _look(1).pair, None, 0.95, now)
    assert found.anytime
    assert why in found.grown and bool(why) == bool(found.grown)
    assert found.largest == (None if first is None else first.largest)
    independent = standing(GROWN, [ledger], _look(1).pair, None, 0.95)
    assert (independent.anytime, independent.grown, independent.largest) == (found.anytime, "", None)


def test_another_pair_of_models_is_no_further_look() -> None:
    found = standing(GROWN, [replace(_ledger(3), clusters=FIRST)], NEW, None, 0.95, Sketch({"a": 9.0}))
    assert (found.anytime, found.grown) == ("", "")


def test_a_merged_ledger_keeps_its_clusters() -> None:
    with_clusters = replace(_ledger(2), clusters=FIRST)
    assert merged(with_clusters, _ledger(3)).clusters == merged(_ledger(3), with_clusters).clusters == FIRST


def test_looks_that_an_older_version_noted_count_once() -> None:
    """The form in which a ledger knows its holdout is asked for in that form; a pair in both forms looked once."""
    older = HOLDOUT
    now = Content(f"{FORM}rows", 100, tuple(range(1000, 1100)))
    known = [_ledger(5), Ledger(now, (_look(4), _look(5)))]
    assert standing(now, known, NEW, None, None).looks == 2
    assert standing(now, known, NEW, None, None, older=older).looks == 6
    grown, then = replace(now, digest=f"{FORM}more", rows=150), replace(_holdout(range(150)), digest="older")
    said = standing(grown, known, _look(2).pair, None, None, older=then).anytime
    assert said == "rows were added, 100 → 150, after a look at the same two models"


def test_judgements_are_a_models_own_and_known_by_their_counts() -> None:
    """Looks of a version that kept no counts are looks all the same, and cannot be drawn."""
    looks = [replace(_look(number), counts=(number, 1, 2, 3)) for number in range(MOST_JUDGEMENTS + 5)]
    other = Look(Pair("fraud", "c", "b"), "2026-01-02T00:00:00+00:00", "fail", counts=(9, 9, 9, 9))
    ledger = Ledger(HOLDOUT, (_look(99), *looks, other))
    found = judgements(ledger, "churn")
    assert [one.tp for one in found] == list(range(5, MOST_JUDGEMENTS + 5))
    assert (found[0].fp, found[0].tn, found[0].fn, found[0].verdict) == (1, 2, 3, "pass")
    assert [one.fp for one in judgements(ledger, "fraud")] == [9] and judgements(ledger, "none") == ()


def test_a_joined_ledger_keeps_the_counts_of_the_first_look() -> None:
    first, again = replace(_look(1), counts=(1, 2, 3, 4)), replace(_look(1), counts=(5, 6, 7, 8))
    later = replace(again, when="2027-01-01T00:00:00+00:00")
    assert merged(Ledger(HOLDOUT, (later,)), Ledger(HOLDOUT, (first,))).looks == (first,)
