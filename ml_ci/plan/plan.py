"""Decide the least work that gives a valid verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ml_ci.frozen import dataclass
from ml_ci.plan.values import Action

TRAININGS, PREDICTIONS, COMPARISONS, VERDICTS = "trainings", "predictions", "comparisons", "verdicts"
DETERMINISM, FAILURES, BEHAVIOURS = "determinism", "failures", "behaviours"
# What live rows came to: the closed windows of a champion, and what was decided of a stage with traffic.
WINDOWS, DECISIONS = "windows", "decisions"

Known = Callable[[str, str], bool]

_WORK: tuple[Action, ...] = ("reuse", "evaluate", "train")


@dataclass(frozen=True)
class Keys:
    """The keys of everything that one side leaves: its training and its predictions of the candidate's holdout.

    `further` are those of its further repetitions.
    """

    training: str
    predictions: str
    further: tuple[str, ...] = ()

    @property
    def scored(self) -> tuple[str, ...]:
        """The keys of the predictions of each repetition."""
        return (self.predictions, *self.further)


@dataclass(frozen=True)
class Plan:
    """What has to be done for one model: `action` is the largest of the steps that no record answers.

    `trainings` counts the training jobs that will run; `comparison` and `verdict` are the keys of what comes out.
    `candidate_action` and `baseline_action` say what each side takes by itself; None without a baseline.
    """

    action: Action
    candidate: Keys
    baseline: Keys | None
    comparison: str
    verdict: str
    trainings: int
    candidate_action: Action
    baseline_action: Action | None


def decide(candidate: Keys, baseline: Keys | None, comparison: str, verdict: str, known: Known) -> Plan:
    """Decide from which records there are: `known(kind, key)` says whether one is.

    Counting and judging again is no work worth a name: where both sides' predictions are known, or their counts, the
    action is `reuse`.
    """
    counted = known(VERDICTS, verdict) or known(COMPARISONS, comparison)
    own: Action = "reuse" if counted else _action(candidate, known)
    other: Action | None = None
    if baseline is not None:
        other = "reuse" if counted else _action(baseline, known)
    trained = {side.training for side, action in ((candidate, own), (baseline, other)) if side and action == "train"}
    return Plan(largest((own, other or "reuse")), candidate, baseline, comparison, verdict, len(trained), own, other)


def with_keys(plan: Plan, found: Plan) -> Plan:
    """Give a plan with the keys of what was found by carrying it out; what it said had to be done stays."""
    return replace(
        plan, candidate=found.candidate, baseline=found.baseline, comparison=found.comparison, verdict=found.verdict
    )


def largest(actions: Iterable[Action]) -> Action:
    """Give the one of several actions that is the most work."""
    return max(actions, key=_WORK.index)


def _action(side: Keys, known: Known) -> Action:
    if all(known(PREDICTIONS, key) for key in side.scored):
        return "reuse"
    return "evaluate" if known(TRAININGS, side.training) else "train"
