"""Train, score and count both sides with further seeds: `seeds: k` judges the procedure, not the luck with one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ml_ci.evaluation.values import Comparison
from ml_ci.steps.planning.decide import plan_work, vary_seed
from ml_ci.steps.values import Project, Sides
from ml_ci.steps.working.compare import compare_sides
from ml_ci.steps.working.side_by_side import hand_out
from ml_ci.steps.working.workshop import open_workshop


def add_seeds(project: Project, sides: Sides, own: Comparison) -> Comparison:
    """Give the comparison with those of the further seeds, paired by seed, the model's own first; one seed adds none.

    Each seed's results are records of their own, found again like any other.
    """
    further = hand_out(project, [partial(_compare, sides=one) for one in vary_seed(project, sides)])
    # Drawn and audited is the model's own.
    each = (replace(one, pictures=None, audit=None) for one in (own, *further))
    return replace(own, seeds=tuple(each)) if further else own


def _compare(project: Project, sides: Sides) -> Comparison:
    # A workshop of its own: what one training leaves in its copy of the tree must not be seen by the next.
    with open_workshop(project, sides) as shop:
        return compare_sides(shop, plan_work(project, sides))
