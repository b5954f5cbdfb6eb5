"""Before any training: which gates could this holdout never prove, however good the model is?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.evidence import Policy
from ml_ci.gates.metrics import OF_ROWS
from ml_ci.gates.question import Question, questions, twin
from ml_ci.gates.wording import confidence_said, points, said, title
from ml_ci.spec.values import GateSpec

if TYPE_CHECKING:
    from ml_ci.gates.statistics.preflight import Preflight

# (negatives, positives)
Classes: TypeAlias = tuple[int, int]

_ERRORS = frozenset({"fpr", "fnr"})
_HITS = frozenset({"tpr", "tnr", "recall", "accuracy"})


@dataclass(frozen=True)
class HoldoutRows:
    """Count the holdout's rows by class: (negatives, positives), whole and by slice column(s) and value."""

    classes: Classes
    slices: Mapping[str, Mapping[str, Classes]] = field(default_factory=dict)


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


def unprovable(gates: Sequence[GateSpec], holdout: HoldoutRows, policy: Policy) -> tuple[Unprovable, ...]:
    """List the gates, and slices of `each`, that this holdout could not prove even without a single error.

    Only gates with a confidence, on rates whose rows do not depend on the model, with an upper limit on an error (or a
    lower one on its complement), fixed or relative to the baseline's same rate, are looked at; the others are not
    known before the model is.
    """
    return tuple(
        finding
        for gate in gates
        for comparison in gate.condition.comparisons
        for question in questions(comparison)
        for finding in _check(gate.text, question, holdout, policy)
    )


def _check(text: str, question: Question, holdout: HoldoutRows, policy: Policy) -> Iterator[Unprovable]:
    confidence = policy.confidence if question.confidence is None else question.confidence
    bound = _bound(question)
    atom = question.single
    if not confidence or bound is None or atom is None:
        return
    alpha = float(1 - Fraction(repr(confidence)))
    if policy.alpha_spent is not None:
        alpha = min(alpha, policy.alpha_spent)
    for label, rows in _rows(atom, holdout, policy.min_rows):
        found = _preflight(question, rows, bound, alpha, policy.method) if rows and alpha > 0 else None
        if found is not None and not found.provable:
            yield _named(text, label, question, atom, found, 1 - alpha)


def _bound(question: Question) -> float | None:
    """Give the limit or margin of the error that the question bounds from above; None for any other question."""
    atom = question.single
    name = atom.metric if isinstance(atom, OverSlices) else atom.name if atom else ""
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
    same = baseline is not None and question.limit.weights[0][1] == 1 and _plain_name(twin(baseline)) == name
    return float(sign * question.limit.constant) if same and not isinstance(baseline, OverSlices) else None


def _plain_name(atom: Metric | OverSlices) -> str:
    return atom.metric if isinstance(atom, OverSlices) else atom.key


def _rows(atom: Metric | OverSlices, holdout: HoldoutRows, min_rows: int | None) -> Iterator[tuple[str | None, int]]:
    name = _plain_name(atom)
    if isinstance(atom, Metric):
        yield None, _of_class(name, holdout.classes)
        return
    least = (30 if atom.function == "worst" else 0) if min_rows is None else min_rows
    key = ",".join(atom.by)
    for value, classes in holdout.slices.get(key, {}).items():
        if sum(classes) >= least:
            yield f"{key} = {value}", _of_class(name, classes)


def _of_class(name: str, classes: Classes) -> int:
    negatives, positives = classes
    return {"negatives": negatives, "positives": positives}.get(OF_ROWS[name], negatives + positives)


def _preflight(question: Question, rows: int, bound: float, alpha: float, method: str) -> Preflight:
    from ml_ci.gates.statistics import preflight

    if question.relative:
        return preflight.for_difference(rows, bound, alpha, method)
    return preflight.for_limit(rows, bound, alpha)


def _named(
    text: str, label: str | None, question: Question, atom: Metric | OverSlices, found: Preflight, confidence: float
) -> Unprovable:
    kind = OF_ROWS[_plain_name(atom)]
    best = _best(question, atom, found.smallest_limit)
    needed = "no number of rows proves it" if found.smallest_rows is None else f"it takes {found.smallest_rows:,}"
    reason = (
        f"{title(atom)}{f', {label}' if label else ''}: {found.rows:,} {kind} can never prove it with "
        f"{confidence_said(confidence)} confidence, {needed}; the best they can prove is {best}"
    )
    return Unprovable(text, label, found.rows, kind, found.smallest_rows, found.smallest_limit, reason)


def _best(question: Question, atom: Metric | OverSlices, smallest: float | None) -> str:
    if smallest is None:
        return "nothing"
    if question.relative:
        return f"a margin of {points(smallest if question.upper else -smallest, atom)}"
    return f"a limit of {said(atom, smallest if question.upper else 1 - smallest)[0]}"
