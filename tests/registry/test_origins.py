"""In CI the default branch promotes what its own runs made: what a pull request's run left is judged anew."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.plan.plan import PREDICTIONS, TRAININGS, VERDICTS
from ml_ci.records.origin import Origin
from ml_ci.records.record import read, reseal, write
from ml_ci.registry.values import RefusedError
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

HAND: Mapping[str, str] = {"GITHUB_EVENT_NAME": "", "GITHUB_REF": "", "GITHUB_RUN_ID": ""}
PULL = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_RUN_ID": "11"}
MAIN = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "20"}
LATER = {**MAIN, "GITHUB_EVENT_NAME": "schedule", "GITHUB_RUN_ID": "21"}
RUN = "Judge it here first: ml-ci run --baseline champion"


def promote(game: Any, *allow: str) -> bool:
    return promote_model(
        game.options(), game.model, Asked("Ada", "2026-01-02T03:04:05+00:00", "why", frozenset(allow))
    ).promoted.moved


def refused(game: Any, *allow: str) -> str:
    with pytest.raises(RefusedError) as error:
        promote(game, *allow)
    assert game.in_use() == (None, None)
    assert error.value.hint == RUN
    return error.value.message


def records(game: Any, kind: str) -> list[Path]:
    return [file.parent for file in (game.state / "records" / kind).rglob("record.json")]


def run(game: Any, where: Mapping[str, str]) -> str:
    game.environment = where
    return str(game.run().verdict)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (PULL, "made elsewhere, in a run of `pull_request` on refs/pull/7/merge"),
        ({**PULL, "GITHUB_RUN_ID": "20"}, "made elsewhere, in a run of `pull_request`"),
        ({**MAIN, "GITHUB_REF": "refs/heads/feature"}, "made elsewhere, in a run of `push` on refs/heads/feature"),
        ({**MAIN, "GITHUB_EVENT_NAME": "pull_request_target"}, "made elsewhere, in a run of `pull_request_target`"),
        (HAND, "made by hand, in no run of this branch"),
    ],
    ids=["a pull request", "with the number of this run", "another branch", "a pull request's target", "by hand"],
)  # fmt: skip
def test_what_was_judged_elsewhere_is_refused_and_judged_anew(game: Any, where: Mapping[str, str], said: str) -> None:
    game.change(0.6)
    assert run(game, where) == "pass"
    game.environment = MAIN
    for allow in ((), ("verdict", "branch", "champion")):  # nobody may allow it
        assert refused(game, *allow).startswith(f"the verdict of `cutter` was {said}")
    assert run(game, MAIN) == "pass"
    assert len(records(game, TRAININGS)) == 1
    assert promote(game)
    assert game.in_use() == ("1", None)


@pytest.mark.parametrize("where", [MAIN, LATER, {**MAIN, "GITHUB_RUN_ID": "19"}])
def test_what_this_branch_judged_is_promoted(game: Any, where: Mapping[str, str]) -> None:
    game.change(0.6)
    run(game, where)
    game.environment = MAIN
    assert promote(game)


@pytest.mark.parametrize("where", [PULL, MAIN])
def test_by_hand_a_person_answers_for_it(game: Any, where: Mapping[str, str]) -> None:
    game.change(0.6)
    run(game, where)
    game.environment = HAND
    assert promote(game)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (VERDICTS, "the verdict of"),
        (TRAININGS, "the training of"),
        (PREDICTIONS, "the record of the predictions of"),
    ],
)
@pytest.mark.parametrize(
    "origin", [Origin("pull_request", "refs/pull/7/merge", "20"), None], ids=["a pull request", "old"]
)
def test_each_record_that_a_promotion_rests_on_counts(game: Any, kind: str, said: str, origin: Origin | None) -> None:
    game.change(0.6)
    run(game, MAIN)
    [folder] = records(game, kind)
    if origin is None:
        write(folder, kind, folder.name, read(folder, kind, folder.name).content)
    else:
        reseal(folder, kind, folder.name, origin)
    why = "made nobody knows where" if origin is None else "made elsewhere, in a run of `pull_request`"
    assert refused(game).startswith(f"{said} `cutter` was {why}")


def test_a_champion_is_vouched_for_by_the_registry_wherever_it_was_trained(first: Any) -> None:
    shutil.rmtree(first.state / "records")  # trained and promoted by hand
    first.change(0.55)
    assert run(first, MAIN) == "pass"
    at = {folder: read(folder, TRAININGS, folder.name).origin for folder in records(first, TRAININGS)}
    assert set(at.values()) == {Origin("push", "refs/heads/main", "20")} and len(at) == 2
    first.change(0.56)
    first.environment = LATER
    report = first.run()
    assert not [note for note in report.models[first.model].notes if "believed" in note]
    assert [deed.kind for deed in report.models[first.model].done] == ["train", "score"], (
        "the champion is not fetched again"
    )
