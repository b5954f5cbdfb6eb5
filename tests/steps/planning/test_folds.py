"""Which trainings a comparison by folds is made of, and which side has none."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import StageFailed
from ml_ci.registry.values import COMMIT, FINGERPRINT, PROMOTION, TRAINING, Version
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.champion import pair_with_champion
from ml_ci.steps.planning.decide import find_keys, plan_work
from ml_ci.steps.planning.folds import count_folds, cut_folds
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Sides

HOLDOUT = "holdout: data/holdout.csv"
FOLDS = "holdout: {of: train, folds: 4}"


def _open(project: Any) -> Project:
    options = project.options(baseline="none")
    return open_project(locate(options), options)


def _sides(project: Any) -> tuple[Project, Sides]:
    opened = _open(project)
    return opened, Fingerprints(opened).sides("cut")


def test_a_holdout_has_no_folds(project: Any) -> None:
    opened, sides = _sides(project)
    assert cut_folds(opened, sides, sides.candidate) == ()
    assert count_folds(sides.candidate.model) == 0


def test_each_fold_is_a_training_of_its_own(project: Any) -> None:
    project.edit("ml-ci.yaml", HOLDOUT, FOLDS)
    opened, sides = _sides(project)
    folds = cut_folds(opened, sides, sides.candidate)
    keys = [find_keys(opened, fold.sides, fold.side) for fold in folds]
    assert [fold.number for fold in folds] == [0, 1, 2, 3]
    assert len({one.training for one in keys} | {sides.candidate.fingerprint.training}) == 5
    assert len({one.predictions for one in keys}) == 4
    assert plan_work(opened, sides).trainings == 5


@pytest.mark.parametrize(
    ("holdout", "same"),
    [
        ("holdout: {of: train, folds: 4}", True),
        ("holdout: {of: train, folds: 5}", False),
        ("holdout: {of: train, folds: 4, seed: 1}", False),
        ("holdout: {of: train, folds: 4, by: x}", False),
    ],
)
def test_another_cut_is_another_training(project: Any, holdout: str, same: bool) -> None:
    project.edit("ml-ci.yaml", HOLDOUT, FOLDS)
    opened, sides = _sides(project)
    before = [fold.side.fingerprint.training for fold in cut_folds(opened, sides, sides.candidate)]
    pooled = find_keys(opened, sides, sides.candidate).predictions
    project.edit("ml-ci.yaml", FOLDS, holdout)
    opened, sides = _sides(project)
    after = [fold.side.fingerprint.training for fold in cut_folds(opened, sides, sides.candidate)]
    assert (before == after) == same
    assert not set(before) & set(after) or same
    assert (find_keys(opened, sides, sides.candidate).predictions == pooled) == same


def _version(**tags: str) -> Version:
    return Version("cut", "3", tags=tags)


def test_a_champion_that_ml_ci_did_not_train_has_no_folds(project: Any) -> None:
    project.edit("ml-ci.yaml", HOLDOUT, FOLDS)
    opened, sides = _sides(project)
    with pytest.raises(StageFailed) as caught:
        pair_with_champion(opened, sides.candidate, _version(), lambda commit: sides.candidate)
    assert caught.value.failure.code == "no-folds"
    assert caught.value.failure.message == (
        "ml-ci did not train the champion v3: it has no models that did not see a row"
    )
    assert "--baseline" in caught.value.failure.hint


def test_a_champion_is_compared_by_the_folds_of_its_commit(project: Any) -> None:
    project.edit("ml-ci.yaml", HOLDOUT, FOLDS)
    commit = project.commit()
    opened, sides = _sides(project)
    champion = _version(**{COMMIT: commit, PROMOTION: "p", TRAINING: "t", FINGERPRINT: "{}"})
    found = pair_with_champion(opened, sides.candidate, champion, lambda commit: Fingerprints(opened).at("cut", commit))
    assert found.baseline is not None
    assert (found.baseline.champion, found.baseline.commit) == (None, commit)
    assert len(cut_folds(opened, found, found.baseline)) == 4
