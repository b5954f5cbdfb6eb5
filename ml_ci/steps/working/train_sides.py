"""Have the models of both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ml_ci.errors import StageFailed
from ml_ci.plan.plan import PREDICTIONS, TRAININGS, Plan
from ml_ci.records.record import Record
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.planning.decide import find_keys, vary_seed
from ml_ci.steps.planning.folds import Fold, cut_folds
from ml_ci.steps.values import Made, Project, Side, Sides
from ml_ci.steps.working.side_by_side import Spared, hand_out_ahead
from ml_ci.steps.working.take_kept import take_needed
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import Workshop, open_workshop


def train_sides(shop: Workshop, plan: Plan) -> None:
    """Train what is missing, the candidate first: a mistake in the change is told before the baseline takes time."""
    if plan.action != "train":
        return
    take_needed(shop, _list_needed(shop))
    train_ahead(shop, plan)
    train_side(shop, shop.sides.candidate)
    if shop.sides.baseline is not None and plan.baseline is not None:
        with blaming_baseline(shop.sides.baseline):
            train_side(shop, shop.sides.baseline)


def train_ahead(shop: Workshop, plan: Plan) -> None:
    """Train at once what the sides need, with their folds and further seeds, as far as there are slots.

    Each leaves a record, or a failure that is remembered: it is found where it is asked for, as if one had been trained
    after the other.
    """
    if shop.project.slots.number > 1:
        works: dict[str, Callable[[Project], Record]] = {}
        for sides, side in _list_untrained(shop, plan):
            works.setdefault(side.fingerprint.manifest, partial(_train_apart, sides=sides, side=side))
        hand_out_ahead(shop.project, list(works.values()), partial(_spare, list(works), shop.sides))


def _spare(keys: list[str], sides: Sides, place: int, error: BaseException) -> Spared:
    """Let the baseline go on where the candidate does not train by its own fault: it is asked whether it does."""
    both = [side.fingerprint.manifest for side in (sides.candidate, sides.baseline) if side is not None]
    lasting = isinstance(error, StageFailed) and error.failure.lasting
    return [keys.index(one) for one in both[1:] if one in keys] if lasting and keys[place] == both[0] else ()


def _train_apart(project: Project, sides: Sides, side: Side) -> Record:
    # A workshop of its own: two threads do not share one, and what a training leaves in its copy no other one sees.
    with open_workshop(project, sides) as shop:
        return train_side(shop, side)


def _list_untrained(shop: Workshop, plan: Plan) -> Iterator[tuple[Sides, Side]]:
    """Give what has to be trained, each with the comparison that it is for: what a run asks for first comes first."""
    project = shop.project
    for sides in (shop.sides, *vary_seed(project, shop.sides)):
        for side in (sides.candidate, sides.baseline if plan.baseline is not None else None):
            if side is None or project.store.has(PREDICTIONS, find_keys(project, sides, side).predictions):
                continue
            for fold in (Fold(-1, sides, side), *cut_folds(project, sides, side)):
                if not project.store.has(TRAININGS, fold.side.fingerprint.training):
                    yield fold.sides, fold.side


def _list_needed(shop: Workshop) -> Iterator[Made]:
    """Give what both sides build on."""
    for side in (shop.sides.candidate, shop.sides.baseline):
        yield from () if side is None else side.needs.values()
