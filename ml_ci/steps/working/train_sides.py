"""Have the models of both sides."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.plan.plan import Plan
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.values import Made
from ml_ci.steps.working.take_kept import take_needed
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import Workshop


def train_sides(shop: Workshop, plan: Plan) -> None:
    """Train what is missing, the candidate first: a mistake in the change is told before the baseline takes time."""
    if plan.action != "train":
        return
    take_needed(shop, _list_needed(shop))
    train_side(shop, shop.sides.candidate)
    if shop.sides.baseline is not None and plan.baseline is not None:
        with blaming_baseline(shop.sides.baseline):
            train_side(shop, shop.sides.baseline)


def _list_needed(shop: Workshop) -> Iterator[Made]:
    """Give what both sides build on."""
    for side in (shop.sides.candidate, shop.sides.baseline):
        yield from () if side is None else side.needs.values()
