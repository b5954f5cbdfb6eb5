"""The stages that a model goes through before it is champion."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.errors import UserError
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import CHAMPION, PROMOTED, RefusedError
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.promotion.offer import Asked


def check_model_stage(model: ModelSpec, stage: str) -> None:
    """Hold that the model has the stage; UserError names those that it has."""
    known = [one.name for one in model.stages] or [CHAMPION]
    if stage not in known:
        hint = f"Its stages are: {', '.join(known)}. More are declared by `stages:` in ml-ci.yaml."
        raise UserError(f"{model.name} has no stage `{stage}`", hint=hint)


def check_before(registry: Registry, model: ModelSpec, stage: str, training: str) -> None:
    """Hold that this very model is in the stage before, where ml-ci put it; RefusedError when it is not."""
    names = [one.name for one in model.stages]
    at = names.index(stage) if stage in names else 0
    if at == 0:
        return
    before = names[at - 1]
    held = registry.aliased(model.name, before)
    if held is not None and held.training == training and held.stage == before and PROMOTED in held.tags:
        return
    found = "nothing is" if held is None else f"{held.named} is"
    message = f"this model of {model.name} is not in {before}, which comes before {stage}: {found}"
    raise RefusedError(message, hint=f"First: ml-ci promote {model.name} --stage {before}")


def ask_for_approval(model: ModelSpec, asked: Asked) -> Asked:
    """Ask for an approval where ml-ci.yaml requires one: of each champion, or of what comes into this stage."""
    by_stage = any(stage.approval for stage in model.stages if stage.name == asked.stage)
    wanted = by_stage or (model.approval and asked.stage == CHAMPION)
    return replace(asked, needs_approval=True) if wanted else asked
