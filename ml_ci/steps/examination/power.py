"""Say of each gate what this holdout can prove, and how many rows a wanted margin takes. Nothing is trained."""

from __future__ import annotations

from ml_ci.errors import UserError
from ml_ci.evaluation.values import Comparison
from ml_ci.gates.finding import UNPROVEN_FOLDS
from ml_ci.gates.planning import Power, power_of
from ml_ci.plan.plan import COMPARISONS
from ml_ci.records.codec import unpack_if_fit
from ml_ci.steps.judging.holdout import count_rows
from ml_ci.steps.judging.judge import make_policy
from ml_ci.steps.judging.looks import find_standing
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.planning.folds import count_folds
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project
from ml_ci.steps.working.workshop import open_workshop

# What a plan assumes where no comparison is known and the user says nothing else.
USUAL_CONFIDENCE = 0.95


def plan_holdout(project: Project, fingerprints: Fingerprints, name: str, margin: float | None = None) -> Power:
    """Plan the holdout of one model; `margin` is wanted in place of the gates' own. UserError for a bad holdout."""
    sides = fingerprints.sides(name)
    folds = count_folds(sides.candidate.model)
    if folds:
        message = f"`{name}` cannot be planned: {UNPROVEN_FOLDS.format(folds=folds)}"
        raise UserError(
            message, hint="Plan with a holdout that no model is trained on: `holdout: {of: ..., share: 0.2}`."
        )
    plan = plan_work(project, sides)
    with open_workshop(project, sides) as shop:
        model, rows, found = (
            sides.candidate.model,
            count_rows(shop.holdout, sides.candidate.model),
            find_standing(shop, plan),
        )
        last = _last(project, plan.comparison)
        paired = None if last is None else last.paired
        how = make_policy(model, found)
        gates = power_of(
            model.gates,
            rows,
            how,
            otherwise=model.confidence or USUAL_CONFIDENCE,
            paired=paired,
            margin=margin,
            looks=1 if model.reuse is None else model.reuse.looks,
            clusters=None if last is None else last.clusters,
        )
        return Power(name, rows, found, tuple(gates), paired is not None)


def _last(project: Project, comparison: str) -> Comparison | None:
    """Give the comparison that is on record, if there is one."""
    record = project.store.find(COMPARISONS, comparison)
    return None if record is None else unpack_if_fit(Comparison, record.content.get("comparison"))
