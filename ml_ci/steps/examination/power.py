"""Say of each gate what this holdout can prove, and how many rows a wanted margin takes. Nothing is trained."""

from __future__ import annotations

from ml_ci.evaluation.confusion import Paired
from ml_ci.evaluation.values import Comparison
from ml_ci.gates.planning import Power, power_of
from ml_ci.plan.plan import COMPARISONS
from ml_ci.records.codec import unpack_if_fit
from ml_ci.steps.judging.holdout import rows_of
from ml_ci.steps.judging.judge import policy
from ml_ci.steps.judging.looks import standing_of
from ml_ci.steps.planning.decide import planned
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project
from ml_ci.steps.working.workshop import workshop

# What a plan assumes where no comparison is known and the user says nothing else.
USUAL_CONFIDENCE = 0.95


def power(project: Project, fingerprints: Fingerprints, name: str, margin: float | None = None) -> Power:
    """Plan the holdout of one model; `margin` is wanted in place of the gates' own. UserError for a bad holdout."""
    sides = fingerprints.sides(name)
    plan = planned(project, sides)
    with workshop(project, sides) as shop:
        model, rows, found = (
            sides.candidate.model,
            rows_of(shop.holdout, sides.candidate.model),
            standing_of(shop, plan),
        )
        paired = _last(project, plan.comparison)
        how = policy(model, found)
        gates = power_of(
            model.gates,
            rows,
            how,
            otherwise=model.confidence or USUAL_CONFIDENCE,
            paired=paired,
            margin=margin,
            looks=1 if model.reuse is None else model.reuse.looks,
        )
        return Power(name, rows, found, tuple(gates), paired is not None)


def _last(project: Project, comparison: str) -> Paired | None:
    """Give the paired errors of the comparison that is on record, if there is one."""
    record = project.store.find(COMPARISONS, comparison)
    found = None if record is None else unpack_if_fit(Comparison, record.content.get("comparison"))
    return None if found is None else found.paired
