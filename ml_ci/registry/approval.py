"""A person's approval of one trained model, kept in the registry until it is promoted."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ml_ci.records.codec import pack, unpack
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import APPROVAL, NoAnswerError


@dataclass(frozen=True)
class Approval:
    """Who approved the model of a training, when (UTC, ISO 8601), why, and at which commit."""

    training: str
    by: str
    time: str
    reason: str
    commit: str | None


def approve(registry: Registry, model: str, approval: Approval) -> None:
    """Keep an approval; a later one of the same training takes its place."""
    text = json.dumps(pack(approval), ensure_ascii=False)
    registry.tag_model(model, APPROVAL + approval.training[:64], text)


def approved(registry: Registry, model: str, training: str) -> Approval | None:
    """Give the approval of a training; None when nobody approved it. NoAnswerError when it is damaged."""
    said = registry.tags(model).get(APPROVAL + training[:64])
    if said is None:
        return None
    try:
        found = unpack(Approval, json.loads(said))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"the approval of {model} is damaged", "Approve it again: ml-ci approve " + model) from None
    return found if found.training == training else None
