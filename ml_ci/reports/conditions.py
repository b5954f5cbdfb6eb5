"""Read from a gate's text how it is to be named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ml_ci.conditions import ConditionError, parse
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult
from ml_ci.reports.metrics import title
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport

_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">"}
_LONGEST = 1000


@dataclass(frozen=True)
class Shape:
    """What a gate compares, where it is one metric of the candidate with a limit.

    `metric` is None for any other condition, which is then shown as written; its `sign` is that of all its parts.
    `how` is `each`, `worst`, `gap`, `ratio` or ""; `by` its columns; `sign` the comparison; `relative` says that the
    limit follows the baseline. `of` is the behaviour that is measured, "" for a metric of labels and scores.
    """

    metric: str | None = None
    how: str = ""
    by: str = ""
    sign: str = ""
    relative: bool = False
    of: str = ""


def shape(condition: str, metrics: Iterable[str] = (), behaviours: Iterable[str] = ()) -> Shape:
    """Read the shape of a condition; `metrics` are the user's own, `behaviours` the model's, each by name.

    Never fails: a report may hold any text.
    """
    return _shape(condition, tuple(metrics), tuple(behaviours)) if len(condition) <= _LONGEST else Shape()


def shape_of(model: ModelReport, gate: GateResult) -> Shape:
    """Read the shape of a gate of a model."""
    return shape(gate.condition, model.candidate.metrics if model.candidate else (), model.behaviours)


@lru_cache(maxsize=1000)
def _shape(condition: str, metrics: tuple[str, ...], behaviours: tuple[str, ...]) -> Shape:
    try:
        parsed = parse(condition, metrics, behaviours)
    except ConditionError:
        return Shape()
    first = parsed.comparisons[0]
    left = first.terms[0]
    if (
        len(parsed.comparisons) > 1
        or len(first.terms) != 2
        or not isinstance(left, Metric | OverSlices)
        or left.baseline
    ):
        signs = {_SIGNS[sign] for comparison in parsed.comparisons for sign in comparison.operators}
        return Shape(sign=signs.pop() if len(signs) == 1 else "", relative=parsed.relative)
    sign = _SIGNS[first.operators[0]]
    if isinstance(left, Metric):
        return Shape(left.key, "", "", sign, parsed.relative, left.of)
    return Shape(left.metric, left.function, label(", ".join(left.by), 100), sign, parsed.relative, left.of)


def name(seen: Shape, slice_name: str | None) -> str | None:
    """Name a gate: `FNR against the baseline`, `FNR, region = north`, `gap in FPR by region`; None without a name."""
    if seen.metric is None:
        return None
    metric = f"{label(seen.of, 60)} broken" if seen.of else title(seen.metric)
    words = {
        "worst": f"worst {metric} by {seen.by}",
        "gap": f"gap in {metric} by {seen.by}",
        "ratio": f"ratio of {metric} by {seen.by}",
    }
    shown = words.get(seen.how, metric)
    if slice_name:
        shown += f", {slice_name}"
    elif seen.how == "each":
        shown += f" by {seen.by}"
    return f"{shown} against the baseline" if seen.relative else shown
