"""Whether the champion may have seen rows of the holdout on which it is the baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from ml_ci.changes.values import Fingerprint
from ml_ci.registry.values import FINGERPRINT, PROMOTION, TRAINING, Version
from ml_ci.spec.values import DataEntry, FileEntry, FunctionJob, ModelSpec, PartEntry, Positive, Threshold
from ml_ci.steps.telling.cautions import list_cautions
from ml_ci.steps.values import Judging, Side, Sides

OURS = Version("m", "3", tags={PROMOTION: "p", TRAINING: "t", FINGERPRINT: "{}"})
FOREIGN = Version("m", "3")
FIFTH = PartEntry("train", share=0.2)


class _Project:
    """What of a project tells of a change: nothing is held to another branch here."""

    judging = Judging(cast(Any, None))


def side(holdout: DataEntry, champion: Version | None = None) -> Side:
    model = ModelSpec("m", FunctionJob("m:t"), {"train": FileEntry("a.csv")}, holdout, "y", Positive((1,)))
    return Side("baseline", model, cast(Any, None), Fingerprint({}, frozenset(), {}), champion=champion)


def said(new: DataEntry, old: DataEntry, source: str = "champion v3 (3f2c1ab)", version: Any = OURS) -> tuple[str, ...]:
    sides = Sides(side(new), side(old, version), "c" * 40, source)
    return list_cautions(cast(Any, _Project()), sides)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (FIFTH, FIFTH),
        (PartEntry("train", share=0.1), FIFTH),
        (replace(FIFTH, by="customer", seed=2), replace(FIFTH, by="customer", seed=2)),
        (PartEntry("train", after=("day", "2026-02-01")), PartEntry("train", after=("day", "2026-01-01"))),
        (PartEntry("train", after=("n", 9)), PartEntry("train", after=("n", 8.5))),
        (PartEntry("train", where=("split", ("test",))), PartEntry("train", where=("split", ("test", "late")))),
        (FileEntry("new.csv"), FileEntry("old.csv")),
    ],
)
def test_rows_that_the_champion_kept_out_of_its_training_are_no_leak(new: DataEntry, old: DataEntry) -> None:
    assert said(new, old) == ()


@pytest.mark.parametrize(
    ("new", "old", "how"),
    [
        (PartEntry("train", share=0.4), FIFTH, "20% of train → 40% of train"),
        (replace(FIFTH, seed=1), FIFTH, "20% of train → 20% of train, seed 1"),
        (replace(FIFTH, by="customer"), FIFTH, "20% of train → 20% of train, by customer"),
        (replace(FIFTH, of="all"), FIFTH, "20% of train → 20% of all"),
        (
            PartEntry("train", after=("day", "2026-01-01")),
            PartEntry("train", after=("day", "2026-02-01")),
            "train from day 2026-02-01 on → train from day 2026-01-01 on",
        ),
        (
            PartEntry("train", after=("day", "9.1.")),
            PartEntry("train", after=("day", "8.1.")),
            "train from day 8.1. on → train from day 9.1. on",
        ),
        (
            PartEntry("train", where=("split", ("test", "late"))),
            PartEntry("train", where=("split", ("test",))),
            "train where split = test → train where split = test, late",
        ),
        (FIFTH, FileEntry("old.csv"), "old.csv → 20% of train"),
        (FileEntry("new.csv"), FIFTH, "20% of train → new.csv"),
    ],
)
def test_a_holdout_that_is_cut_otherwise_may_hold_what_the_champion_learned(
    new: DataEntry, old: DataEntry, how: str
) -> None:
    (caution,) = said(new, old)
    assert caution.startswith(
        f"The holdout is cut otherwise than when champion v3 (3f2c1ab) was trained ({how}): the champion may have been "
        "trained on rows of it, which makes the baseline look better than it is."
    )
    assert caution.endswith("ml-ci run --baseline merge-base")


def test_of_a_champion_of_somebody_else_it_is_not_known() -> None:
    (caution,) = said(FIFTH, FIFTH, "champion v3", FOREIGN)
    assert caution.startswith("ml-ci did not train champion v3: whether it was trained on rows of this holdout is not")


def test_any_other_baseline_is_trained_without_the_holdout() -> None:
    assert said(PartEntry("train", share=0.4), FIFTH, "merge-base 3f2c1ab", None) == ()


def test_a_champion_whose_command_predicts_by_itself_keeps_its_cut_too() -> None:
    assert len(said(PartEntry("train", share=0.4), FIFTH, version=None)) == 1


class _Held:
    """What of a project tells of a change that is held to a branch."""

    judging = Judging(cast(Any, None), "main")


@pytest.mark.parametrize(
    ("threshold", "before", "after", "said"),
    [
        (Threshold(metric="fpr", at=0.01), "a", "b", True),
        (Threshold(metric="fpr", at=0.01), "a", "a", False),
        (Threshold(0.5), "a", "b", False),  # no threshold is chosen on them
    ],
)
def test_other_rows_to_choose_a_threshold_on_are_said(
    threshold: Threshold, before: str, after: str, said: bool
) -> None:
    sides = [
        replace(
            side(FIFTH),
            model=replace(side(FIFTH).model, threshold=threshold),
            fingerprint=Fingerprint({"data.validation": digest}, frozenset(), {}),
        )
        for digest in (after, before)
    ]
    found = list_cautions(cast(Any, _Held()), Sides(sides[0], sides[1], "c" * 40, "merge-base ccccccc"))
    assert bool(found) is said
    assert not said or found[0].startswith("The rows of `data.validation` changed in this change, and the thresholds")
