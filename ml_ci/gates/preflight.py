"""Before any training: which gates could this holdout never prove, however good the model is?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.clusters import Clusters
from ml_ci.gates.evidence import LEAST_ROWS, Policy
from ml_ci.gates.question import Question, questions, twin
from ml_ci.gates.wording import confidence_said, points, said, title
from ml_ci.metrics import ERRORS, TABLE
from ml_ci.spec.values import GateSpec, Method

if TYPE_CHECKING:
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
    cells are those of decisions that are all negative, 0 for a negative and 4 for a positive.
    """

    classes: Classes
    slices: Mapping[str, Mapping[str, Classes]] = field(default_factory=dict)
    clusters: Clusters | None = None


@dataclass(frozen=True)
class Unprovable:
    """Name a gate that these rows can never prove.

    `rows` rows of `kind` there are, `needed` at least it takes (None: no number of rows without an improvement);
    `smallest` is the smallest limit, or margin to the baseline, that they can prove. `reason` is one sentence.
    """

    condition: str
    slice: str | None
    rows: int
    kind: str
    needed: int | None
    smallest: float | None
    reason: str


@dataclass(frozen=True)
class Plannable:
    """A gate, or a slice of `each`, whose rows are known before the model is.

    `bound` is the limit, or the margin to the baseline, of the error that is bounded from above; `alpha` its level.
    """

    condition: str
    slice: str | None
    question: Question
    atom: Metric | OverSlices
    rows: int
    bound: float
    alpha: float

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
            if not confidence or bound is None or atom is None:
                continue
            alpha = policy.alpha(confidence)
            for label, rows in _rows(atom, holdout, policy.min_rows) if alpha > 0 else ():
                yield Plannable(gate.text, label, question, atom, rows, bound, alpha)


def _check(one: Plannable, policy: Policy) -> Iterator[Unprovable]:
    found = checked(one, policy.method) if one.rows else None
    if found is not None and not found.provable:
        yield _name(one, found)


def checked(one: Plannable, method: Method) -> Preflight:
    """Say what these rows can prove at best."""
    from ml_ci.gates.statistics import preflight

    if one.question.relative:
        return preflight.for_difference(one.rows, one.bound, one.alpha, method)
    return preflight.for_limit(one.rows, one.bound, one.alpha)


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
    needed = "no number of rows proves it" if found.smallest_rows is None else f"it takes {found.smallest_rows:,}"
    reason = (
        f"{title(one.atom)}{f', {one.slice}' if one.slice else ''}: {found.rows:,} {one.kind} can never prove it with "
        f"{confidence_said(1 - one.alpha)} confidence, {needed}; the best they can prove is "
        f"{one.best(found.smallest_limit)}"
    )
    return Unprovable(one.condition, one.slice, found.rows, one.kind, found.smallest_rows, found.smallest_limit, reason)


def say_best(question: Question, atom: Metric | OverSlices, smallest: float | None) -> str:
    """Say the smallest limit, or margin, that can be proven, on the scale of the question."""
    if smallest is None:
        return "nothing"
    if question.relative:
        return f"a margin of {points(smallest if question.upper else -smallest, atom)}"
    return f"a limit of {said(atom, smallest if question.upper else 1 - smallest)[0]}"
