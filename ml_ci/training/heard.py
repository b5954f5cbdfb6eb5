"""Read what a worker answers to an ask, and believe nothing of it that does not hold together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any, NoReturn, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ml_ci.frozen import dataclass

_KINDS = ("probability", "margin", "number", "label", "outcome")
_SCORED = ("probability", "margin")
_PRECISIONS = ("", "float16", "float32")


@dataclass(frozen=True, eq=False)
class Heard:
    """What a model answered, by place in the ask: `scores` are NaN and `positive` -1 where there is none.

    `scores`, float64, are probabilities or margins; `positive`, int8, says of labels and numbers what they mean. `kind`
    and `precision` are those of `ScoredRows`; `errors` has the error of each row without an answer.
    """

    kind: str
    precision: str
    scores: NDArray[np.float64]
    positive: NDArray[np.int8]
    errors: Mapping[int, str] = field(default_factory=dict)


def read_line(line: bytes) -> Mapping[str, Any] | None:
    """Read a line of a worker's: JSON of our format; None for anything else."""
    try:
        content = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("format") == 1 else None


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


def read_answers(content: Mapping[str, Any], count: int) -> Heard | None:
    """Read the answers to an ask; None where they do not hold together."""
    kind, precision = content.get("kind"), content.get("precision")
    errors = _read_errors(content.get("errors"), count)
    if errors is None or precision not in _PRECISIONS or (kind not in _KINDS and len(errors) < count):
        return None
    scores, positive = np.full(count, np.nan), np.full(count, -1, np.int8)
    if kind in _SCORED:
        given = content.get("scores")
        if not _are(given, count, (float, int)):
            return None
        scores = np.array(given, np.float64)
    elif kind in _KINDS:
        given = content.get("positive")
        if not _are(given, count, (int,)) or any(one not in (0, 1, None) for one in given):
            return None
        positive = np.array([-1 if one is None else one for one in given], np.int8)
    missing = np.isnan(scores) & (positive == -1)
    if set(np.flatnonzero(missing).tolist()) != set(errors) or np.isinf(scores).any():
        return None
    if kind == "probability" and bool(((scores < 0) | (scores > 1)).any()):
        return None
    return Heard(str(kind), str(precision), scores, positive, errors)


def _read_errors(given: object, count: int) -> dict[int, str] | None:
    if not isinstance(given, dict):
        return None
    places = {str(place) for place in range(count)} if given else set()
    if any(place not in places or not isinstance(said, str) for place, said in given.items()):
        return None
    return {int(place): said[:500] for place, said in given.items()}


def _are(given: object, count: int, kinds: tuple[type, ...]) -> TypeGuard[list[Any]]:
    """Say whether something is a list of `count` values of some types, or null."""
    allowed = {*kinds, type(None)}
    return isinstance(given, list) and len(given) == count and {type(one) for one in given} <= allowed
