"""Before any training: hold that the holdout is what ml-ci.yaml says, and say which gates it can never prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_ci.gates.finding import UNPROVEN_FOLDS
from ml_ci.gates.ledger import strictest
from ml_ci.gates.preflight import unprovable
from ml_ci.steps.judging.holdout import count_rows
from ml_ci.steps.planning.folds import count_folds
from ml_ci.steps.working.workshop import Workshop

if TYPE_CHECKING:
    from ml_ci.gates.evidence import Policy

_WAY_OUT = (
    "Leave `confidence:` out, write `@ 0` behind a gate to go by the measured numbers, or hold rows out: `share: 0.2`."
)


def find_unprovable(shop: Workshop, policy: Policy) -> tuple[str, ...]:
    """Say which gates could not be proven even without a single error, and the best that these rows can prove.

    The training goes on all the same: the numbers are worth having, and a gate may still be refuted. Nothing is read
    where no gate asks for proof.
    """
    model = shop.sides.candidate.model
    if strictest(model.gates, model.confidence) is None or policy.alpha_spent == 0:
        return ()

    folds = count_folds(model)
    if folds:
        return (f"No gate passes with a confidence: {UNPROVEN_FOLDS.format(folds=folds)}. {_WAY_OUT}",)
    found = unprovable(model.gates, count_rows(shop.holdout, model), policy)
    return tuple(f"{one.reason}." for one in found)
