"""A person's approval of one trained model, kept in the registry until it is promoted."""

from __future__ import annotations

import json

from ml_ci.frozen import dataclass
from ml_ci.records.codec import pack, unpack
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import APPROVAL, CHAMPION, NoAnswerError


@dataclass(frozen=True)
class Approval:
    """Who approved the model of a training for a stage, when (UTC, ISO 8601), why, and at which commit."""

    training: str
    by: str
    time: str
    reason: str
    commit: str | None
    stage: str = CHAMPION


def approve(registry: Registry, model: str, approval: Approval) -> None:
    """Keep an approval; a later one of the same training and stage takes its place."""
    text = json.dumps(pack(approval), ensure_ascii=False)
    registry.tag_model(model, _key(approval.training, approval.stage), text)


def approved(registry: Registry, model: str, training: str, stage: str = CHAMPION) -> Approval | None:
    """Give the approval of a training for a stage; None when nobody approved it. NoAnswerError when it is damaged."""
    said = registry.tags(model).get(_key(training, stage))
    if said is None:
        return None
    try:
        found = unpack(Approval, json.loads(said))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"the approval of {model} is damaged", "Approve it again: ml-ci approve " + model) from None
    return found if (found.training, found.stage) == (training, stage) else None


def _key(training: str, stage: str) -> str:
    """Name the tag; one without a stage is for champion."""
    return APPROVAL + ("" if stage == CHAMPION else f"{stage}.") + training[:64]
