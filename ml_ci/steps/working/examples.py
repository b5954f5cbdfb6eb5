"""Show on which rows the candidate breaks a behaviour: the smallest pair of rows, or one beyond the holdout's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker
from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.counterexample import Counterexample
from ml_ci.behaviours.hunt import hunt
from ml_ci.behaviours.measure import BROKEN, NO_ANSWER
from ml_ci.behaviours.shrink import shrink
from ml_ci.errors import StageFailed
from ml_ci.evaluation.values import Shown
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
    if not of.behaviour.columns or (mode == "none" and not of.behaviour.hunt_fails):
        return "", None
    try:
        return key, _mask(shop, _look(sides, of, columns(), mode))
    except StageFailed as error:
        for side in sides:
            side.close()
        # What took too long once takes too long again; another end may have been an accident.
        return key if error.failure.code == LIMIT else "", None


def _look(sides: Sequence[Questioned], of: Broken, columns: Columns, mode: Counterexamples) -> Shown | None:
    askers: list[Asker] = [side.timed(of.behaviour) for side in sides]
    other = askers[1] if len(askers) > 1 else None
    if other is not None and of.keys[0] == of.keys[1]:
        other = None  # one model: it breaks what the other does
    if bool(np.isin(of.rows, (BROKEN, NO_ANSWER)).any()):
        return _say(shrink(of.behaviour, columns, of.rows, askers[0], other, mode), beyond=False)
    if len(set(of.keys)) < len(of.keys):
        return None  # what it would find is no doing of the change
    found = hunt(of.behaviour, columns, askers[0], other, mode)
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
