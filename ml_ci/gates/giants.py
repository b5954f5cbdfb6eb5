"""Prove nothing while one cluster holds a tenth of the rows: one customer would decide for all the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ml_ci.conditions.tree import OverSlices
from ml_ci.gates.level import Level
from ml_ci.gates.preflight import say_best
from ml_ci.gates.question import Question
from ml_ci.gates.statistics import cluster_plan, limits, power
from ml_ci.gates.statistics.design_effect import Effect
from ml_ci.gates.statistics.values import Evidence, whole_rows
from ml_ci.gates.together import one_of, unit_of
from ml_ci.gates.view import View
from ml_ci.gates.wording import said_share

# From this share of the rows on. Where one customer holds 20% and errs more often than the others, a wrong model passes
# in 8 of 100 cases instead of 5.
GIANT = 0.1


class Counted(Protocol):
    """What the evidence rests on."""

    @property
    def effect(self) -> Effect | None: ...
    @property
    def share(self) -> float: ...


def hold(found: Evidence, counted: Counted, question: Question, view: View, level: Level) -> Evidence:
    """Leave undecided what would pass, or take more rows, while one cluster is a giant; what fails stays failed."""
    if counted.effect is None or counted.effect.alone or counted.share < GIANT or found.outcome == "fail":
        return found
    best = _best(counted.effect, question, view, level)
    return withhold(found, counted.share, view, (counted.effect.rows, counted.effect.clusters), best)


def withhold(found: Evidence, share: float, view: View, size: tuple[float, float], proven: str = "") -> Evidence:
    """Leave it undecided, and say the way out: more clusters, or to name the giant as one that is known.

    `size` are the rows and clusters that the giant is one of, `proven` says what they can prove at best.
    """
    clusters = view.clusters
    columns = clusters.columns if clusters is not None else ()
    unit = unit_of(columns) if columns else "rows"
    where = f" in {view.label}" if view.label else ""
    reason = f"one {one_of(unit)} holds {said_share(share)} of what this is about{where}{proven}"
    if columns:
        by = columns[0] if len(columns) == 1 else f"[{', '.join(columns)}]"
        reason += f"; if it is there to stay, write `cluster: {{by: {by}, known: [...]}}` with its value"
    rows, more = found.needs, found.needs_clusters
    if found.outcome == "pass" or rows is not None:
        times = share / GIANT - 1
        rows = max(rows or 0, whole_rows(size[0] * times))
        more = max(more or 0, whole_rows(size[1] * times)) if columns else None
    return replace(found, outcome="inconclusive", reason=reason, needs=rows, needs_clusters=more, withheld=True)


def _best(effect: Effect, question: Question, view: View, level: Level) -> str:
    """Say the best limit or margin that these rows prove without an error."""
    rows, single = cluster_plan.without_errors(effect), question.single
    if single is None or (isinstance(single, OverSlices) and single.function in ("gap", "ratio")):
        return ""
    smallest = (
        power.provable_margin(rows, level.alpha, level.method)
        if question.relative
        else limits.smallest_limit(rows, level.alpha)
    )
    unit = unit_of(view.clusters.columns) if view.clusters is not None and view.clusters.columns else "rows"
    return f": at best {say_best(question, single, smallest)} can be proven ({rows:,.0f} {unit}' worth)"
