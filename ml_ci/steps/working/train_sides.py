"""Have the models of both sides."""

from __future__ import annotations

from ml_ci.plan.plan import Plan
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import Workshop


def train_sides(shop: Workshop, plan: Plan) -> None:
    """Train what is missing, the candidate first: a mistake in the change is told before the baseline takes time."""
    if plan.action != "train":
        return
    train_side(shop, shop.sides.candidate)
    if shop.sides.baseline is not None and plan.baseline is not None:
        with blaming_baseline(shop.sides.baseline):
            train_side(shop, shop.sides.baseline)
