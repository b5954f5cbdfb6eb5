"""Before any training: which gates could this holdout never prove, however good the model is?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.clusters import ALL, NEGATIVES, POSITIVES, Clusters, Moments
from ml_ci.frozen import dataclass
from ml_ci.gates.cells import real_clusters
from ml_ci.gates.evidence import LEAST_ROWS, Policy
from ml_ci.gates.question import Question, questions, twin
from ml_ci.gates.together import unit_of
from ml_ci.gates.wording import confidence_said, points, said, title
from ml_ci.metrics import ERRORS, TABLE
from ml_ci.spec.values import GateSpec, Method

if TYPE_CHECKING:
    from ml_ci.gates.statistics.design_effect import Effect
    from ml_ci.gates.statistics.preflight import Preflight

# (negatives, positives)
Classes: TypeAlias = tuple[int, int]

# Rates that are zero, and rates that are one, without a single error, on rows that are known before the model is.
_ERRORS = frozenset(row.name for row in TABLE.values() if row.fixed and {*row.part} <= {*ERRORS})
_HITS = frozenset(row.name for row in TABLE.values() if row.fixed and {*row.whole} - {*row.part} <= {*ERRORS})


@dataclass(frozen=True)
class HoldoutRows:
    """Count the holdout's rows by class: (negatives, positives), whole and by slice column(s) and value.

    `clusters` are their clusters, None where rows are independent and of one weight: before there is a model, its
    cells are those of decisions that are all negative, 0 for a negative and 4 for a positive. `asked` says of each
    behaviour how many rows it asks at most: it cannot apply to more, and nothing is known of one that is not named.
    """

    classes: Classes
    slices: Mapping[str, Mapping[str, Classes]] = field(default_factory=dict)
    clusters: Clusters | None = None
    asked: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Unprovable:
    """Name a gate that these rows can never prove.

    `rows` rows of `kind` there are, `needed` at least it takes (None: no number of rows without an improvement), which
    `needed_clusters` bring where rows belong together;
    `smallest` is the smallest limit, or margin to the baseline, that they can prove. `reason` is one sentence.
    """

    condition: str
    slice: str | None
    rows: int
    kind: str
    needed: int | None
    smallest: float | None
    reason: str
    needed_clusters: int | None = None


@dataclass(frozen=True)
class Plannable:
    """A gate, or a slice of `each`, whose rows are known before the model is.

    `bound` is the limit, or the margin to the baseline, of the error that is bounded from above; `alpha` its level.
    `effect` says what clusters its rows have, which are called `unit`; None where each row is evidence by itself.
    """

    condition: str
    slice: str | None
    question: Question
    atom: Metric | OverSlices
    rows: int
    bound: float
    alpha: float
    effect: Effect | None = None
    unit: str = ""

    @property
    def kind(self) -> str:
        """Which rows: `negatives`, `positives` or `rows`."""
        return TABLE[self.atom.key].of

    def best(self, smallest: float | None) -> str:
        """Say the smallest limit, or margin, that can be proven, on the gate's own scale."""
        return say_best(self.question, self.atom, smallest)


def unprovable(gates: Sequence[GateSpec], holdout: HoldoutRows, policy: Policy) -> tuple[Unprovable, ...]:
    """List the gates, and slices of `each`, that this holdout could not prove even without a single error.

    Only gates with a confidence, on rates whose rows do not depend on the model, with an upper limit on an error (or a
    lower one on its complement), fixed or relative to the baseline's same rate, are looked at; the others are not
    known before the model is.
    """
    return tuple(
        finding for gate in gates for one in plannable(gate, holdout, policy) for finding in _check(one, policy)
    )


def plannable(
    gate: GateSpec, holdout: HoldoutRows, policy: Policy, otherwise: float | None = None
) -> Iterator[Plannable]:
    """Give what of a gate can be planned; `otherwise` is the confidence of comparisons that ask for none."""
    for comparison in gate.condition.comparisons:
        for question in questions(comparison):
            confidence, bound, atom = (
                policy.asked(question.confidence) or otherwise,
                _find_bound(question),
                question.single,
            )
            if not confidence or bound is None or atom is None or (atom.of and atom.of not in holdout.asked):
                continue
            alpha = policy.alpha(confidence)
            for label, rows in _rows(atom, holdout, policy.min_rows) if alpha > 0 else ():
                most = holdout.asked.get(atom.of, rows)
                one = Plannable(gate.text, label, question, atom, min(rows, most), bound, alpha)
                yield from _with_clusters(one, holdout.clusters) if most >= rows else [one]


def _with_clusters(one: Plannable, clusters: Clusters | None) -> Iterator[Plannable]:
    """Say of the rows which clusters they have; a slice whose clusters were not counted is not planned."""
    alone = clusters is None or not (clusters.columns or clusters.weight)
    of_one = isinstance(one.atom, OverSlices) and clusters is not None and {*clusters.columns} <= {*one.atom.by}
    if clusters is None or alone or (of_one and clusters.weight is None):
        yield one
        return
    moments: Moments | None = clusters.all
    if isinstance(one.atom, OverSlices) and one.slice is not None:
        key = ",".join(one.atom.by)
        moments = clusters.slices.get(key, {}).get(one.slice.removeprefix(f"{key} = "))
    if moments is not None:
        from ml_ci.gates.statistics import design_effect

        cells = {"negatives": NEGATIVES, "positives": POSITIVES}.get(one.kind, ALL)
        effect = design_effect.measure(moments, (0.0,) * 8, cells)
        number = real_clusters(moments, len(clusters.known), design_effect.find_class(cells))
        unit = unit_of(clusters.columns) if clusters.columns else "rows"
        yield one if effect.alone else replace(one, effect=replace(effect, clusters=number), unit=unit)


def _check(one: Plannable, policy: Policy) -> Iterator[Unprovable]:
    found = checked(one, policy.method) if one.rows else None
    if found is not None and not found.provable:
        yield _name(one, found)


def checked(one: Plannable, method: Method) -> Preflight:
    """Say what these rows can prove at best."""
    from ml_ci.gates.statistics import cluster_plan, preflight

    rows = one.rows if one.effect is None else cluster_plan.without_errors(one.effect)
    if one.question.relative:
        return preflight.for_difference(rows, one.bound, one.alpha, method)
    return preflight.for_limit(rows, one.bound, one.alpha)


def least(one: Plannable, found: Preflight) -> tuple[int | None, int | None]:
    """Give (rows, clusters) that could prove it without a single error; no clusters where rows are independent."""
    wanted, effect = found.smallest_rows, one.effect
    if wanted is None or effect is None or not effect.clusters:
        return wanted, None
    from ml_ci.gates.statistics import cluster_plan

    number = cluster_plan.least_clusters(effect, wanted)
    return math.ceil(number * effect.rows / effect.clusters), number


def _find_bound(question: Question) -> float | None:
    """Give the limit or margin of the error that the question bounds from above; None for any other question."""
    atom = question.single
    name = atom.key if atom else ""
    if isinstance(atom, OverSlices) and atom.function not in ("each", "worst"):
        return None
    if name in _ERRORS and question.upper:
        sign = 1
    elif name in _HITS and not question.upper:
        sign = -1
    else:
        return None
    if not question.relative:
        return float(question.limit.constant if sign > 0 else 1 - question.limit.constant)
    baseline = question.of_baseline
    same = baseline is not None and question.limit.weights[0][1] == 1 and twin(baseline).key == name
    return float(sign * question.limit.constant) if same and not isinstance(baseline, OverSlices) else None


def _rows(atom: Metric | OverSlices, holdout: HoldoutRows, min_rows: int | None) -> Iterator[tuple[str | None, int]]:
    name = atom.key
    if isinstance(atom, Metric):
        yield None, _of_class(name, holdout.classes)
        return
    least = (LEAST_ROWS if atom.function == "worst" else 0) if min_rows is None else min_rows
    key = ",".join(atom.by)
    for value, classes in holdout.slices.get(key, {}).items():
        if sum(classes) >= least:
            yield f"{key} = {value}", _of_class(name, classes)


def _of_class(name: str, classes: Classes) -> int:
    negatives, positives = classes
    return {"negatives": negatives, "positives": positives}.get(TABLE[name].of, negatives + positives)


def _name(one: Plannable, found: Preflight) -> Unprovable:
    rows, clusters = least(one, found)
    needed = "no number of rows proves it" if rows is None else f"it takes {rows:,}"
    there = f"{one.rows:,} {one.kind}"
    if one.effect is not None and one.unit != "rows":
        there += f" of {one.effect.clusters:,.0f} {one.unit}"
        needed = needed if clusters is None else f"it takes {clusters:,} {one.unit} ({rows:,} {one.kind})"
    reason = (
        f"{title(one.atom)}{f', {one.slice}' if one.slice else ''}: {there} can never prove it with "
        f"{confidence_said(1 - one.alpha)} confidence, {needed}; the best they can prove is "
        f"{one.best(found.smallest_limit)}"
    )
    return Unprovable(one.condition, one.slice, one.rows, one.kind, rows, found.smallest_limit, reason, clusters)


def say_best(question: Question, atom: Metric | OverSlices, smallest: float | None) -> str:
    """Say the smallest limit, or margin, that can be proven, on the scale of the question."""
    if smallest is None:
        return "nothing"
    if question.relative:
        return f"a margin of {points(smallest if question.upper else -smallest, atom)}"
    return f"a limit of {said(atom, smallest if question.upper else 1 - smallest)[0]}"
