"""Do what no record answers: train, score, compare, judge."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.plan.plan import Plan, with_keys
from ml_ci.steps.blame import of_baseline
from ml_ci.steps.clock import Clock
from ml_ci.steps.compare import compared
from ml_ci.steps.decide import planned
from ml_ci.steps.describe import described
from ml_ci.steps.judge import judged, prepared
from ml_ci.steps.judged import Judged
from ml_ci.steps.seeds import over_seeds
from ml_ci.steps.send import send
from ml_ci.steps.train import trained
from ml_ci.steps.values import Project, Sides
from ml_ci.steps.workshop import Workshop, workshop


@dataclass(frozen=True)
class Work:
    """A verdict, with both sides and the plan as the work left them: what the jobs read was known only then."""

    judged: Judged
    sides: Sides
    plan: Plan


def worked(project: Project, sides: Sides, plan: Plan, clock: Clock) -> Work:
    """Train and score the sides that have no record, compare them, judge; every result is kept as it comes."""
    try:
        return _worked(project, sides, plan, clock)
    finally:
        send(project)


def _worked(project: Project, sides: Sides, plan: Plan, clock: Clock) -> Work:
    with workshop(project, sides) as shop:
        with clock("plan"):
            before = prepared(shop, plan)
        if plan.action == "train":
            with clock("train"):
                _train(shop, plan)
        with clock("evaluate"):
            comparison = compared(shop, plan)
        with clock("train"):
            comparison = over_seeds(project, shop.sides, comparison)
        with clock("plan"):
            shop.resolve()
            changes = described(project, shop.sides)
            plan = with_keys(plan, planned(project, shop.sides))
        with clock("gate"):
            return Work(judged(shop, plan, comparison, changes, before), shop.sides, plan)


def _train(shop: Workshop, plan: Plan) -> None:
    """Train what is missing, the candidate first: a mistake in the change is told before the baseline takes time."""
    trained(shop, shop.sides.candidate)
    if shop.sides.baseline is not None and plan.baseline is not None:
        with of_baseline(shop.sides.baseline):
            trained(shop, shop.sides.baseline)
