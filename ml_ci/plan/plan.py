"""Decide the least work that gives a valid verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_ci.plan.values import Action

TRAININGS, PREDICTIONS, COMPARISONS, VERDICTS = "trainings", "predictions", "comparisons", "verdicts"

Known = Callable[[str, str], bool]


@dataclass(frozen=True)
class Keys:
    """The keys of everything that one side leaves: its training and its predictions of the candidate's holdout."""

    training: str
    predictions: str


@dataclass(frozen=True)
class Plan:
    """What has to be done for one model: `action` is the largest of the steps that no record answers.

    `trainings` counts the training jobs that will run; `comparison` and `verdict` are the keys of what comes out.
    """

    action: Action
    candidate: Keys
    baseline: Keys | None
    comparison: str
    verdict: str
    trainings: int


def decide(candidate: Keys, baseline: Keys | None, comparison: str, verdict: str, known: Known) -> Plan:
    """Decide from which records there are: `known(kind, key)` says whether one is."""
    sides = [candidate] if baseline is None else [candidate, baseline]
    missing = {side.training for side in sides if not known(TRAININGS, side.training)}
    if known(VERDICTS, verdict) or known(COMPARISONS, comparison):
        return Plan("reuse", candidate, baseline, comparison, verdict, 0)
    unscored = {side.training for side in sides if not known(PREDICTIONS, side.predictions)}
    action: Action = "train" if missing & unscored else "evaluate"
    return Plan(action, candidate, baseline, comparison, verdict, len(missing & unscored))
