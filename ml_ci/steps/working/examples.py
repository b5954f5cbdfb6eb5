"""Show on which rows the candidate breaks a behaviour: the smallest pair of rows, or one beyond the holdout's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker
from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.counterexample import Counterexample
from ml_ci.behaviours.hunt import hunt
from ml_ci.behaviours.measure import BROKEN, NO_ANSWER
from ml_ci.behaviours.shrink import shrink
from ml_ci.behaviours.ways import tell_ways
from ml_ci.errors import StageFailed
from ml_ci.evaluation.values import Shown
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import BEHAVIOURS
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.spec.behaviours import Behaviour, Counterexamples
from ml_ci.steps.planning.behaviours import key_example
from ml_ci.steps.working.questioned import LIMIT, Questioned
from ml_ci.steps.working.workshop import Workshop
from ml_ci.variables.masks import Mask


@dataclass(frozen=True, eq=False)
class Broken:
    """What is known of a behaviour: what `measure` found of the candidate, and what both sides' rows are kept by."""

    behaviour: Behaviour
    rows: NDArray[np.uint8]
    keys: tuple[str, ...]

    @property
    def anywhere(self) -> bool:
        """Whether the candidate breaks it on a row of the holdout."""
        return bool(np.isin(self.rows, (BROKEN, NO_ANSWER)).any())


def find_shown(
    shop: Workshop, sides: Sequence[Questioned], of: Broken, columns: Callable[[], Columns]
) -> tuple[str, Shown | None]:
    """Give the key of what is shown, and what it is: None where the candidate breaks the behaviour nowhere.

    Where it breaks it on no row of the holdout, other rows are tried. Nobody's row is told unless that is asked for.
    That a side ends, or takes too long, leaves nothing to show: the rates stand by themselves.
    """
    mode = shop.sides.candidate.model.counterexamples
    key = key_example(of.keys, mode)
    record = shop.project.store.find(BEHAVIOURS, key)
    if record is not None:
        told = record.content.get("shown")
        return "", None if told is None else unpack_if_fit(Shown, told)
    if not _is_looked_for(of, mode):
        return "", None
    if len(of.keys) > 1 and of.keys[0] == of.keys[1]:
        sides = sides[:1]  # one model: it breaks what the other does
    try:
        return key, _mask(shop, _look(sides, of, columns(), mode))
    except StageFailed as error:
        for side in sides:
            side.close()
        # A hunt that took too long once takes too long again; another end may have been an accident.
        return key if error.failure.code == LIMIT and not of.anywhere else "", None


def _is_looked_for(of: Broken, mode: Counterexamples) -> bool:
    if of.behaviour.same is not None:
        return of.anywhere and mode != "none"
    return bool(of.behaviour.columns) and (mode != "none" or of.behaviour.hunt_fails)


def _look(sides: Sequence[Questioned], of: Broken, columns: Columns, mode: Counterexamples) -> Shown | None:
    for side in sides:
        side.open()  # before the time runs
    askers: list[Asker | None] = [side.timed(of.behaviour) for side in sides]
    candidate, other = (*askers, None)[:2]
    assert candidate is not None  # noqa: S101 - the first side
    if of.behaviour.same is not None:
        words = tell_ways(of.behaviour, columns, of.rows, candidate, sides[0].open_served(of.behaviour))
        return None if words is None else Shown(words)
    if of.anywhere:
        return _say(shrink(of.behaviour, columns, of.rows, candidate, other, mode), beyond=False)
    if len(sides) < len(of.keys):
        return None  # what it would find is no doing of the change
    found = hunt(of.behaviour, columns, candidate, other, mode)
    if found.found and found.counterexample is None:
        return Shown("", beyond=True)
    return _say(found.counterexample, beyond=True)


def _mask(shop: Workshop, found: Shown | None) -> Shown | None:
    """Leave out what is secret: a model's error may name it."""
    if found is None:
        return None
    return replace(found, words=Mask.of(shop.project.options.environment).text(found.words))


def _say(found: Counterexample | None, *, beyond: bool) -> Shown | None:
    return None if found is None else Shown(found.words, found.arguments, found.full, beyond)


def pack_shown(found: Shown | None) -> object:
    """Give what is shown as a record keeps it."""
    return None if found is None else pack(found)
