"""Whether what a model answered keeps what a behaviour says, answer by answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import NO_DECISION, Answers
from ml_ci.spec.behaviours import Behaviour

# What is found of a row, a byte each.
HELD, BROKEN, DOES_NOT_APPLY, NO_ANSWER, NOT_SAMPLED = 0, 1, 2, 3, 4


def compare(behaviour: Behaviour, before: Answers, after: Answers) -> NDArray[np.uint8]:
    """Say of each pair of answers, uint8 of shape (n,), whether it is HELD, BROKEN or NO_ANSWER.

    `before` are answers to the rows as they are, `after` to the same rows edited, or scored in another way. Where one
    of both is missing there is no answer, unless the model refused the edited row with an exception and may.
    """
    broken = _differ(behaviour, before, after)
    found = np.where(broken, BROKEN, HELD).astype(np.uint8)
    found[(before.decisions == NO_DECISION) | (after.decisions == NO_DECISION)] = NO_ANSWER
    if behaviour.or_refused and after.errors:
        refused = np.zeros(len(found), np.bool_)
        refused[list(after.errors)] = True
        found[refused & (before.decisions != NO_DECISION)] = HELD
    return found


def _differ(behaviour: Behaviour, before: Answers, after: Answers) -> NDArray[np.bool_]:
    decided = before.decisions != after.decisions
    if behaviour.kind in ("vary", "disturb"):
        return np.asarray(decided)
    change = after.scores - before.scores
    scored = ~np.isnan(change)
    if behaviour.kind == "same":
        return np.asarray(decided | (scored & (np.abs(change) > behaviour.tolerance)))
    sign = 1 if behaviour.score == "never falls" else -1
    fallen = sign * (after.decisions.astype(np.int64) - before.decisions) < 0
    return np.where(scored, sign * change < -behaviour.tolerance, fallen)


def worst(places: NDArray[np.int64], found: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """Give the worst that was found of each of some rows, uint8 of shape (rows,): BROKEN, NO_ANSWER, HELD."""
    worse = np.full(rows, HELD, np.uint8)
    worse[places[found == NO_ANSWER]] = NO_ANSWER
    worse[places[found == BROKEN]] = BROKEN
    return worse


def take(answers: Answers, places: NDArray[np.int64]) -> Answers:
    """Give the answers at some places; one may be taken many times."""
    errors = {}
    if answers.errors:
        errors = {at: answers.errors[place] for at, place in enumerate(places.tolist()) if place in answers.errors}
    return Answers(answers.scores[places], answers.decisions[places], errors)


def differences(before: Answers, after: Answers) -> NDArray[np.float64]:
    """How far the scores of each pair are apart, float64 of shape (n,); where there are none, the decisions."""
    scores = np.abs(after.scores - before.scores)
    decisions = np.abs(after.decisions.astype(np.float64) - before.decisions)
    return np.where(np.isnan(scores), decisions, scores)
