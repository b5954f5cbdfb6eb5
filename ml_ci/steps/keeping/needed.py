"""Which records the comparisons at HEAD need."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.plan.plan import BEHAVIOURS, COMPARISONS, FAILURES, PREDICTIONS, TRAININGS, VERDICTS, Plan
from ml_ci.steps.planning.behaviours import digest_beside, key_behaviour, key_example, list_measured
from ml_ci.steps.planning.decide import find_keys, plan_work
from ml_ci.steps.planning.folds import cut_folds
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Made, Project, Side, Sides

Name = tuple[str, str]


def list_needed(project: Project, fingerprints: Fingerprints) -> frozenset[Name]:
    """Give kind and key of every record that a run here, now, would use or make, of every model.

    UserError or StageFailed when a model's fingerprints cannot be had: then nobody knows what is needed.
    """
    models = (name for model in project.spec.models for name in _of_model(project, fingerprints, model))
    checks = (name for job in project.spec.checks for name in _of_check(fingerprints, job))
    return frozenset((*models, *checks))


def _of_check(fingerprints: Fingerprints, job: str) -> Iterator[Name]:
    side, _ = fingerprints.job(job)
    yield TRAININGS, side.fingerprint.training
    yield FAILURES, side.fingerprint.training
    yield from _upstream(side)


def _of_model(project: Project, fingerprints: Fingerprints, model: str) -> Iterator[Name]:
    sides = fingerprints.sides(model)
    plan = plan_work(project, sides)
    yield COMPARISONS, plan.comparison
    yield VERDICTS, plan.verdict
    for keys in (plan.candidate, plan.baseline):
        if keys is not None:
            yield TRAININGS, keys.training
            yield FAILURES, keys.training
            yield from ((PREDICTIONS, key) for key in keys.scored)
    yield from _behaviours(project, sides, plan)
    for side in (sides.candidate, sides.baseline):
        if side is not None:
            yield from _upstream(side)
            yield from _folds(project, sides, side)
    if sides.broken is not None:
        yield FAILURES, sides.broken.side.fingerprint.training
        yield from _upstream(sides.broken.side)


def _behaviours(project: Project, sides: Sides, plan: Plan) -> Iterator[Name]:
    """Give what each side does by each behaviour, and what is shown of it."""
    model, both = sides.candidate.model, ((sides.candidate, plan.candidate), (sides.baseline, plan.baseline))
    asked = [(side, keys.predictions) for side, keys in both if side is not None and keys is not None]
    beside = [(predictions, digest_beside(project, sides, side)) for side, predictions in asked]
    for one in list_measured(model):
        measured = [key_behaviour(predictions, one, own.get(one.name, "")) for predictions, own in beside]
        yield from ((BEHAVIOURS, key) for key in measured)
        yield BEHAVIOURS, key_example(measured, model.counterexamples)


def _folds(project: Project, sides: Sides, side: Side) -> Iterator[Name]:
    for fold in cut_folds(project, sides, side):
        keys = find_keys(project, fold.sides, fold.side)
        yield TRAININGS, keys.training
        yield FAILURES, keys.training
        yield PREDICTIONS, keys.predictions


def _upstream(side: Made) -> Iterator[Name]:
    for other in side.needs.values():
        yield TRAININGS, other.fingerprint.training
        yield FAILURES, other.fingerprint.training
        yield from _upstream(other)
