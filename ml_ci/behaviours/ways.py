"""Score the same rows in another way, and say in words how far the answers are apart: nothing of a row is in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import NEGATIVE, NO_DECISION, POSITIVE, Answers, Ask, Asker
from ml_ci.behaviours.columns import Columns, mix
from ml_ci.behaviours.compare import DOES_NOT_APPLY, HELD, NOT_SAMPLED, compare, differences, take
from ml_ci.spec.behaviours import Behaviour

_SAID = {POSITIVE: "positive", NEGATIVE: "negative", NO_DECISION: "gives no answer"}
# By the way: what stands before the first answer, and before the second.
_WORDS = {
    "alone": ("a row among others", "by itself"),
    "shuffled": ("a row", "where the same rows stand in another order"),
    "again": ("a row", "when it is asked again"),
    "served": ("the model", "the service"),
}


def ask_ways(
    behaviour: Behaviour, holdout: Columns, rows: NDArray[np.int64], asker: Asker, served: Asker | None
) -> tuple[Answers, Answers]:
    """Ask for rows as they are, and in the other way that `same` names; ValueError where nobody asks the service."""
    before = asker(Ask(rows))
    if behaviour.same == "shuffled":
        order = np.argsort(mix(holdout.hashes[rows], salt=2), kind="stable")
        return before, take(asker(Ask(rows[order])), np.argsort(order, kind="stable"))
    if behaviour.same == "served":
        if served is None:
            raise ValueError("nobody asks the service")
        return before, served(Ask(rows))
    return before, asker(Ask(rows, alone=behaviour.same == "alone"))


def tell_ways(
    behaviour: Behaviour, holdout: Columns, found: NDArray[np.uint8], asker: Asker, served: Asker | None = None
) -> str | None:
    """Ask once more for the rows of `found`, and say of the one on which the answers are widest apart what they are.

    None where they are alike this time.
    """
    rows = np.flatnonzero((found != NOT_SAMPLED) & (found != DOES_NOT_APPLY)).astype(np.int64)
    if behaviour.same is None or not len(rows):
        return None
    before, after = ask_ways(behaviour, holdout, rows, asker, served)
    broken = np.flatnonzero(compare(behaviour, before, after) != HELD)
    if not len(broken):
        return None
    apart = differences(before, after)[broken]
    at = int(broken[np.argmax(apart)])
    first, second = _WORDS[behaviour.same]
    one, other = _say(before, at, short=False), _say(after, at, short=True)
    decided = {int(before.decisions[at]), int(after.decisions[at])}
    flips = ": the decision flips" if decided == {POSITIVE, NEGATIVE} else ""
    return f"{first} {one}, {second} {other}{flips}"


def _say(answers: Answers, at: int, *, short: bool) -> str:
    decision, score = int(answers.decisions[at]), float(answers.scores[at])
    if decision == NO_DECISION:
        return _SAID[decision]
    if np.isnan(score):
        return f"{'' if short else 'says '}{_SAID[decision]}"
    return f"{'' if short else 'scores '}{score:.6g}"
