"""The least work, from which records there are."""

from __future__ import annotations

import pytest

from ml_ci.plan.plan import COMPARISONS, PREDICTIONS, TRAININGS, VERDICTS, Keys, decide

OWN, OTHER = Keys("train-new", "score-new"), Keys("train-old", "score-old")
TRAINED, SCORED = (TRAININGS, OWN.training), (PREDICTIONS, OWN.predictions)
OLD_TRAINED, OLD_SCORED = (TRAININGS, OTHER.training), (PREDICTIONS, OTHER.predictions)
COUNTED, JUDGED = (COMPARISONS, "counts"), (VERDICTS, "verdict")


@pytest.mark.parametrize(
    ("known", "action", "trainings", "sides"),
    [
        (set(), "train", 2, ("train", "train")),
        ({TRAINED}, "train", 1, ("evaluate", "train")),
        ({OLD_TRAINED}, "train", 1, ("train", "evaluate")),
        ({OLD_TRAINED, OLD_SCORED}, "train", 1, ("train", "reuse")),
        ({TRAINED, OLD_TRAINED}, "evaluate", 0, ("evaluate", "evaluate")),
        ({TRAINED, SCORED, OLD_TRAINED}, "evaluate", 0, ("reuse", "evaluate")),
        ({TRAINED, SCORED, OLD_TRAINED, OLD_SCORED}, "reuse", 0, ("reuse", "reuse")),
        ({SCORED, OLD_SCORED}, "reuse", 0, ("reuse", "reuse")),
        ({COUNTED}, "reuse", 0, ("reuse", "reuse")),
        ({JUDGED}, "reuse", 0, ("reuse", "reuse")),
    ],
)
def test_what_no_record_answers_is_done(
    known: set[tuple[str, str]], action: str, trainings: int, sides: tuple[str, str]
) -> None:
    plan = decide(OWN, OTHER, "counts", "verdict", lambda kind, key: (kind, key) in known)
    assert (plan.action, plan.trainings) == (action, trainings)
    assert (plan.candidate_action, plan.baseline_action) == sides
    assert (plan.candidate, plan.baseline, plan.comparison, plan.verdict) == (OWN, OTHER, "counts", "verdict")


@pytest.mark.parametrize(
    ("known", "action", "trainings"), [(set(), "train", 1), ({TRAINED}, "evaluate", 0), ({TRAINED, SCORED}, "reuse", 0)]
)
def test_without_a_baseline_the_candidate_alone_decides(
    known: set[tuple[str, str]], action: str, trainings: int
) -> None:
    plan = decide(OWN, None, "counts", "verdict", lambda kind, key: (kind, key) in known)
    assert (plan.action, plan.trainings, plan.baseline_action) == (action, trainings, None)


def test_both_sides_share_one_training() -> None:
    """A change of the threshold scores the same model another way."""
    plan = decide(OWN, Keys(OWN.training, "score-old"), "counts", "verdict", lambda kind, key: False)
    assert (plan.action, plan.trainings, plan.candidate_action, plan.baseline_action) == ("train", 1, "train", "train")


@pytest.mark.parametrize("wrong", [(TRAININGS, OWN.predictions), (VERDICTS, "counts"), (COMPARISONS, "verdict")])
def test_a_key_counts_for_its_own_kind_of_record_only(wrong: tuple[str, str]) -> None:
    plan = decide(OWN, None, "counts", "verdict", lambda kind, key: (kind, key) == wrong)
    assert plan.action == "train"
