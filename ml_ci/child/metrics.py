"""The user's own metrics."""

from __future__ import annotations

import csv
import math
import time

from .calls import call
from .entries import load_entry
from .failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def metric(request: Request) -> Request:
    """Call the user's own metrics with y_true (0, 1) and score; None is what they may give for undefined."""

    with open(request["table"], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    y_true, score = _arrays([int(float(row["y_true"])) for row in rows], [float(row["score"]) for row in rows])
    values = {}
    for name, entry in sorted(request["metrics"].items()):
        function = load_entry(request, entry, "metrics")
        answer = call(function, (y_true, score), {}, request, entry, "metric-raised")
        values[name] = _finite(answer, name, entry)
    return {"metrics": values}


def _arrays(y_true: Any, score: Any) -> tuple[Any, Any]:
    try:
        import numpy
    except ImportError:
        return y_true, score
    return numpy.asarray(y_true, dtype=numpy.int64), numpy.asarray(score, dtype=numpy.float64)


def _finite(answer: Any, name: str, entry: str) -> float | None:

    if answer is None:
        return None
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise JobFailed(
            "metric-value", "metric `%s` (`%s`) gave %s, which is no number" % (name, entry, type(answer).__name__)
        )
    return number if math.isfinite(number) else None


def resample(request: Request) -> Request:
    """Call the user's own metrics on resampled rows, the same rows for every column of scores; stop when time is up.

    Rows are drawn with replacement within each class, so that every resample has as many positives as the holdout; with
    a column `cluster`, whole clusters among those of one class, of the other, and of both.
    """
    with open(request["table"], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sides = [name for name in ("candidate", "baseline") if name in rows[0]]
    y_true = [int(row["y_true"]) for row in rows]
    columns = [_arrays(y_true, [float(row[side]) for row in rows]) for side in sides]
    functions = {name: load_entry(request, entry, "metrics") for name, entry in sorted(request["metrics"].items())}
    clusters = [int(row["cluster"]) for row in rows] if "cluster" in rows[0] else None
    draw = _drawer(_strata(y_true, clusters), request["seed"])
    values: dict[str, dict[str, list[float | None]]] = {name: {side: [] for side in sides} for name in functions}
    ends = time.monotonic() + request["seconds"]
    made = 0
    while made < request["replicates"] and (made == 0 or time.monotonic() < ends):
        index = draw()
        for side, (labels, score) in zip(sides, columns):
            drawn = (_take(labels, index), _take(score, index))
            for name, function in functions.items():
                entry = request["metrics"][name]
                answer = call(function, drawn, {}, request, entry, "metric-raised")
                values[name][side].append(_finite(answer, name, entry))
        made += 1
    return {"replicates": values, "made": made}


def _strata(y_true: list[int], clusters: list[int] | None) -> list[list[list[int]]]:
    """Give what is drawn, apart from each other: the rows of each cluster (or each row), negatives first, both last."""
    units: dict[int, list[int]] = {}
    for place in range(len(y_true)):
        units.setdefault(place if clusters is None else clusters[place], []).append(place)
    strata: dict[tuple[int, ...], list[list[int]]] = {(0,): [], (1,): [], (0, 1): []}
    for rows in units.values():
        strata[tuple(sorted({y_true[place] for place in rows}))].append(rows)
    return [found for found in strata.values() if found]


def _drawer(strata: list[list[list[int]]], seed: int) -> Any:
    """Give a function that draws row numbers, stratum by stratum; the same seed draws the same rows."""
    try:
        import numpy
    except ImportError:
        import random

        drawn = random.Random(seed)
        return lambda: [place for units in strata for rows in drawn.choices(units, k=len(units)) for place in rows]
    generator = numpy.random.default_rng(seed)
    groups = [
        numpy.asarray([rows[0] for rows in units])
        if all(len(rows) == 1 for rows in units)
        else [numpy.asarray(rows) for rows in units]
        for units in strata
    ]

    def draw() -> Any:
        parts = []
        for units in groups:
            chosen = generator.integers(0, len(units), len(units))
            parts.append(
                numpy.concatenate([units[one] for one in chosen]) if isinstance(units, list) else units[chosen]
            )
        return numpy.concatenate(parts)

    return draw


def _take(values: Any, index: Any) -> Any:
    return [values[place] for place in index] if isinstance(values, list) else values[index]
