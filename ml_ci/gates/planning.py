"""How many rows a gate takes: what the holdout can prove, what a planned power needs, and ease.ml/ci's numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml_ci.evaluation.clusters import Clusters
from ml_ci.evaluation.confusion import Paired
from ml_ci.frozen import dataclass
from ml_ci.gates import cells
from ml_ci.gates.evidence import Policy
from ml_ci.gates.ledger import Standing
from ml_ci.gates.pairs import pairs
from ml_ci.gates.preflight import HoldoutRows, Plannable, checked, least, plannable
from ml_ci.gates.statistics import easeml
from ml_ci.spec.values import GateSpec, Method

# Discordance where no comparison is known: two versions of one model seldom decide more rows differently.
USUAL_DISCORDANCE = 0.02
POWERS = (0.8, 0.95)


@dataclass(frozen=True)
class GatePower:
    """What one gate, or one slice of it, takes.

    `bound` is the limit or (`relative`) the margin, `wanted` says it; `smallest` is the smallest that these rows can
    prove, `best` says it. `least` rows prove it without a single error; `planned` are the rows with which it passes
    with 80% and with 95% probability, at a true difference of 0 and the `discordance` for a margin, at half of a limit
    for a limit. None where no number of rows does. `easeml` are ease.ml/ci's rows for `looks` looks (Hoeffding for a
    limit, Bennett for a margin), `labels` the rows of one look that need a label where only those on which the models
    differ are labelled; None for a limit. `reason` says why a gate cannot be planned, or "".

    Where rows belong together there are `clusters`, called `unit` in the plural, and `least_clusters` and
    `planned_clusters` bring the rows of `least` and `planned`; they suppose that rows of one are alike by
    `correlation`, which is `assumed` where no comparison tells. None and "" where rows are independent.
    """

    condition: str
    slice: str | None = None
    kind: str = "rows"
    rows: int | None = None
    confidence: float | None = None
    bound: float | None = None
    relative: bool = False
    provable: bool | None = None
    smallest: float | None = None
    best: str = ""
    wanted: str = ""
    least: int | None = None
    planned: tuple[int | None, int | None] = (None, None)
    discordance: float | None = None
    easeml: int | None = None
    labels: int | None = None
    looks: int = 1
    reason: str = ""
    clusters: int | None = None
    unit: str = ""
    least_clusters: int | None = None
    planned_clusters: tuple[int | None, int | None] = (None, None)
    correlation: float | None = None
    assumed: bool = False


@dataclass(frozen=True)
class Power:
    """What a model's holdout can prove: its rows, where its ledger stands, and what each gate takes.

    `measured` says that the discordance comes from a comparison that is on record.
    """

    model: str
    rows: HoldoutRows
    standing: Standing
    gates: tuple[GatePower, ...]
    measured: bool


def power_of(
    gates: Sequence[GateSpec],
    holdout: HoldoutRows,
    policy: Policy,
    *,
    otherwise: float,
    paired: Paired | None = None,
    margin: float | None = None,
    looks: int = 1,
    clusters: Clusters | None = None,
) -> Iterator[GatePower]:
    """Plan every gate on this holdout.

    `otherwise` is the confidence of gates that ask for none, `paired` the last comparison, from which the discordance
    is taken, `margin` replaces the gates' own limits and margins, `looks` is what ease.ml/ci plans for,
    `clusters` are the last comparison's, from which it is taken how alike the rows of one are.
    """
    for gate in gates:
        found = list(plannable(gate, holdout, policy, otherwise))
        if not found:
            yield GatePower(gate.text, reason=_REASON)
        for one in found:
            wanted = one if margin is None else replace(one, bound=margin)
            yield _in_clusters(_plan(wanted, policy.method, paired, looks), wanted, policy.method, clusters)


_REASON = "its rows, or its spread, are not known before the model is: nothing can be planned"


def _plan(one: Plannable, method: Method, paired: Paired | None, looks: int) -> GatePower:
    found = checked(one, method)
    discordance = _discordance(one, paired) if one.question.relative else None
    return GatePower(
        condition=one.condition,
        slice=one.slice,
        kind=one.kind,
        rows=one.rows,
        confidence=round(1 - one.alpha, 12),
        bound=one.bound,
        relative=one.question.relative,
        provable=found.provable,
        smallest=found.smallest_limit,
        best=one.best(found.smallest_limit),
        wanted=one.best(one.bound),
        least=found.smallest_rows,
        planned=(_rows(one, method, discordance, POWERS[0]), _rows(one, method, discordance, POWERS[1])),
        discordance=discordance,
        easeml=_easeml(one, discordance, looks),
        labels=_labels(one, discordance),
        looks=looks,
    )


def _in_clusters(plan: GatePower, one: Plannable, method: Method, last: Clusters | None) -> GatePower:
    """Turn the independent rows of a plan into clusters such as the holdout has, and into their rows."""
    effect = one.effect
    if effect is None or not effect.clusters:
        return plan
    from ml_ci.gates.statistics import cluster_plan

    rows, clusters = least(one, checked(one, method))
    if method == "anytime" and one.question.relative:  # a bet a cluster, however large
        clusters = checked(one, method).smallest_rows
        rows = None if clusters is None else math.ceil(clusters * effect.rows / effect.clusters)
    seen = _correlation(one, last)
    alike = cluster_plan.USUAL_CORRELATION if seen is None else seen
    share = one.bound / 2
    variance = share * (1 - share) if plan.discordance is None else min(plan.discordance, 1.0)
    found = [
        (None, None) if wanted is None else cluster_plan.planned(effect, max(variance, 0.0), alike, wanted)
        for wanted in plan.planned
    ]
    planned = [(number, of_rows) for number, of_rows in found]
    if clusters is not None and rows is not None:
        planned = [(number and max(number, clusters), of_rows and max(of_rows, rows)) for number, of_rows in planned]
    return replace(
        plan,
        least=rows,
        planned=(planned[0][1], planned[1][1]),
        clusters=round(effect.clusters),
        unit=one.unit,
        least_clusters=clusters,
        planned_clusters=(planned[0][0], planned[1][0]),
        correlation=alike,
        assumed=seen is None,
    )


def _correlation(one: Plannable, last: Clusters | None) -> float | None:
    """Give how alike the rows of a cluster were in the last comparison; None where nothing tells."""
    if last is None or one.slice is not None or one.atom.of:
        return None
    from ml_ci.gates.statistics import cluster_plan, design_effect

    score = cells.difference(one.atom.key) if one.question.relative else cells.rate(one.atom.key)
    return cluster_plan.correlation(design_effect.measure(last.all, score.values, score.cells))


def _discordance(one: Plannable, paired: Paired | None) -> float:
    """Give the share of rows that the models decide differently; rows without one may hide three (rule of three)."""
    if paired is None or one.slice is not None or one.atom.of:
        return USUAL_DISCORDANCE
    crossed = pairs(one.atom.key, paired)
    return max(crossed.b + crossed.c, 3) / crossed.n if crossed.n > 3 else USUAL_DISCORDANCE


def _rows(one: Plannable, method: Method, discordance: float | None, power: float) -> int | None:
    from ml_ci.gates.statistics import limits
    from ml_ci.gates.statistics.power import planned_rows, provable_rows

    if discordance is None:
        more = limits.further_rows(one.bound / 2, 1, one.bound, one.alpha, power)
        return None if more is None else more + 1
    rows = planned_rows(one.bound, min(discordance, 1.0), 0.0, one.alpha, power)
    least = provable_rows(one.bound, one.alpha, method)
    return None if rows is None or least is None else max(rows, least)


def _easeml(one: Plannable, discordance: float | None, looks: int) -> int | None:
    if not 0 < one.bound < 1:
        return None
    if discordance is None:
        return easeml.hoeffding_rows(one.bound, one.alpha, looks)
    return easeml.bennett_rows(one.bound, one.alpha, discordance, looks)


def _labels(one: Plannable, discordance: float | None) -> int | None:
    if discordance is None or not 0 < one.bound < 1:
        return None
    return easeml.active_labels(one.bound, one.alpha, discordance)
