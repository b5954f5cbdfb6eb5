"""Tell what a run would do for one model."""

from __future__ import annotations

from ml_ci.changes.values import Change
from ml_ci.errors import StageFailed
from ml_ci.plan.plan import Plan
from ml_ci.plan.values import ModelPlan
from ml_ci.steps.decide import planned
from ml_ci.steps.describe import described
from ml_ci.steps.sides import Fingerprints
from ml_ci.steps.values import Project, Sides


def told(project: Project, fingerprints: Fingerprints, name: str) -> ModelPlan:
    """Give the plan of one model with its reasons; a baseline that cannot be had is a reason too."""
    try:
        sides = fingerprints.sides(name)
    except StageFailed as error:
        return ModelPlan("train", (Change("baseline", error.failure.message),), "", 0, (error.failure.hint,))
    plan = planned(project, sides)
    notes = sides.candidate.fingerprint.warnings
    return ModelPlan(plan.action, _reasons(project, sides, plan), sides.source, plan.trainings, notes)


def _reasons(project: Project, sides: Sides, plan: Plan) -> tuple[Change, ...]:
    changes = described(project, sides)
    if plan.action != "reuse" and not changes:
        return (Change("records", "nothing changed, and the store has no result of this model yet"),)
    return changes
