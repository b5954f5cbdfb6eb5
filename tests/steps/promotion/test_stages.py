"""The stages that a model goes through before it is champion, without a registry."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.registry.values import PROMOTED, STAGE, TRAINING, RefusedError, Version
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive, Stage
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.stages import ask_for_approval, check_before, check_model_stage

THREE = (Stage("staging"), Stage("live"), Stage("champion"))
TAGS = {TRAINING: "t1", STAGE: "staging", PROMOTED: "2026-01-02"}


def model(*stages: Stage, approval: bool = False) -> ModelSpec:
    data = {"train": FileEntry("a.csv")}
    job, holdout = FunctionJob("m:t"), FileEntry("b.csv")
    return ModelSpec("m", job, data, holdout, "y", Positive((1,)), stages=stages, approval=approval)


class Aliases:
    """A registry that knows which version each alias names."""

    def __init__(self, **held: Version) -> None:
        self.held = held

    def aliased(self, name: str, alias: str) -> Version | None:
        assert name == "m"
        return self.held.get(alias)


@pytest.mark.parametrize(
    ("stages", "stage", "told"),
    [
        ((), "champion", None),
        (THREE, "staging", None),
        (THREE, "champion", None),
        ((), "staging", "Its stages are: champion. "),
        (THREE, "production", "Its stages are: staging, live, champion. "),
        ((Stage("staging"),), "champion", "Its stages are: staging. "),
    ],
)
def test_a_model_has_the_stages_that_it_declares(stages: tuple[Stage, ...], stage: str, told: str | None) -> None:
    if told is None:
        check_model_stage(model(*stages), stage)
        return
    with pytest.raises(UserError, match=f"m has no stage `{stage}`") as error:
        check_model_stage(model(*stages), stage)
    assert error.value.hint.startswith(told)


@pytest.mark.parametrize("stage", ["staging", "elsewhere"])
def test_nothing_comes_before_the_first_stage(stage: str) -> None:
    check_before(Aliases(), model(*THREE), stage, "t1")  # type: ignore[arg-type]
    check_before(Aliases(), model(), "champion", "t1")  # type: ignore[arg-type]


def test_this_very_model_comes_out_of_the_stage_before() -> None:
    held = Aliases(staging=Version("m", "3", tags=TAGS))
    check_before(held, model(*THREE), "live", "t1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "stage", "found"),
    [
        ({}, "live", "nothing is"),
        ({"staging": Version("m", "3", tags={**TAGS, TRAINING: "t2"})}, "live", "v3 is"),
        ({"staging": Version("m", "3", tags={**TAGS, STAGE: "live"})}, "live", "v3 is"),
        ({"staging": Version("m", "3", tags={TRAINING: "t1", STAGE: "staging"})}, "live", "v3 is"),
        ({"staging": Version("m", "3")}, "live", "v3 is"),
        ({"live": Version("m", "3", tags=TAGS)}, "live", "nothing is"),
        ({"staging": Version("m", "3", tags=TAGS)}, "champion", "nothing is"),
    ],
    ids=["nobody", "another model", "of another stage", "not finished", "somebody else's", "here", "two before"],
)
def test_what_is_not_in_the_stage_before_is_refused(held: Any, stage: str, found: str) -> None:
    before = {"live": "staging", "champion": "live"}[stage]
    with pytest.raises(RefusedError) as error:
        check_before(Aliases(**held), model(*THREE), stage, "t1")  # type: ignore[arg-type]
    assert error.value.message == f"this model of m is not in {before}, which comes before {stage}: {found}"
    assert error.value.hint == f"First: ml-ci promote m --stage {before}"


@pytest.mark.parametrize(
    ("of_model", "of_stages", "stage", "needed"),
    [
        (False, {}, "champion", False),
        (True, {}, "champion", True),
        (True, {"staging": False}, "staging", False),  # the model's is for what becomes champion
        (False, {"staging": True}, "staging", True),
        (False, {"staging": True}, "champion", False),
        (False, {"staging": True, "champion": False}, "champion", False),
        (False, {"staging": False, "champion": True}, "champion", True),
        (False, {"staging": False, "champion": True}, "staging", False),
        (True, {"staging": False, "champion": False}, "champion", True),
        (True, {"staging": True, "champion": False}, "staging", True),
    ],
)
def test_an_approval_is_needed_where_the_model_or_the_stage_asks_for_one(
    of_model: bool, of_stages: dict[str, bool], stage: str, needed: bool
) -> None:
    stages = [Stage(name, approval=approval) for name, approval in of_stages.items()]
    asked = Asked("Ada", "2026-01-02", stage=stage)
    assert ask_for_approval(model(*stages, approval=of_model), asked).needs_approval is needed
