"""Judge gates again from counts that somebody else reported: what contradicts them is no pass. Pure.

A report holds the four counts of both sides, on all rows and by slice. They say what every rate is, and what one rate
proves. How the two sides' mistakes meet on single rows they do not say: there the most favourable crossing that they
allow is taken, and what even that does not prove is no pass. What rests on scores is taken as it was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ml_ci.conditions.tree import Metric
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, SliceCounts
from ml_ci.gates.defined import UndefinedError
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.heading import heading
from ml_ci.gates.level import Level
from ml_ci.gates.measured import measure
from ml_ci.gates.proof import prove, route
from ml_ci.gates.question import Question, questions
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.view import View
from ml_ci.metrics import OF_COST, OF_COUNTS
from ml_ci.spec.values import GateSpec, Method

# What the counts prove by themselves; `paired` with the crossing that favours the candidate most.
_FROM_COUNTS = ("limit", "slices", "paired")
_CLASS = "class"


def contradictions(
    gates: Sequence[GateSpec], reported: Sequence[GateResult], case: Case, policy: Policy
) -> Iterator[str]:
    """Say of each gate that was reported as passed, or as not to be judged, what the counts say against it."""
    case = replace(case, comparison=_favourable(case.comparison))
    for gate in gates:
        results = [one for one in reported if one.condition == gate.text]
        why = next(_against(gate, results, case, policy), None)
        if why is not None:
            yield f"`{gate.text}`: {why}"


def miscounted(comparison: Comparison) -> Iterator[str]:
    """Say which counts cannot be of one holdout: sides of other rows, slices that are not all of the rows."""
    one, other = comparison.candidate, comparison.baseline
    yield from _unlike(one.confusion, None if other is None else other.confusion, "")
    for column, values in one.slices.items():
        theirs = {} if other is None else other.slices.get(column, {})
        for value, counts in values.items():
            yield from _unlike(counts, theirs.get(value) if other is not None else None, f", {column} = {value}")
        if not _is_whole(column, values, one.confusion):
            yield f"the slices by {column} do not add up to all rows"


def of_counts(question: Question) -> bool:
    """Say whether a question is answered by the counts of all rows alone."""
    atoms = [atom for atom, _ in (*question.candidate.weights, *question.limit.weights)]
    return all(isinstance(atom, Metric) and atom.name in OF_COUNTS | OF_COST for atom in atoms)


def _against(gate: GateSpec, results: Sequence[GateResult], case: Case, policy: Policy) -> Iterator[str]:
    asked = [question for comparison in gate.condition.comparisons for question in questions(comparison)]
    claimed = {one.slice: one.verdict for one in results}
    alone = case.comparison.baseline is None
    undecided = alone and any(question.relative for question in asked)
    if undecided and "pass" in claimed.values():
        yield "the report says pass, and has no baseline"
    for question in asked:
        views = _views(question, case, policy)
        if not views and "pass" in claimed.values():
            yield f"the report says pass, and has no slices by {', '.join(question.by or ())}"
        for view in views:
            verdict = claimed.get(view.label)
            if verdict is None:
                yield f"the report leaves out {view.label or 'all rows'}"
            elif verdict == "unjudged" and not undecided:
                yield f"the report leaves {view.label or 'it'} unjudged, and its counts judge it"
            elif verdict in ("pass", "unjudged") and not (alone and question.relative):
                yield from _broken(question, view, policy, verdict)


def _views(question: Question, case: Case, policy: Policy) -> list[View]:
    if question.by is None:
        return [View(case, policy.min_rows)]
    slices = case.comparison.candidate.slices.get(",".join(question.by), {})
    kept = [name for name, counts in slices.items() if counts.rows >= (policy.min_rows or 0)]
    return [View(case, policy.min_rows, question.by, name) for name in kept]


def _broken(question: Question, view: View, policy: Policy, verdict: Verdict) -> Iterator[str]:
    where = f"{view.label}: " if view.label else ""
    try:
        measured = measure(question, view)
        said = f"the report says {verdict}, and its counts say: {where}{heading(question, view, measured)}"
        if not measured.holds:
            yield said
        elif not _can_be_proven(question, view, policy):
            yield f"{said}, which proves nothing with the confidence that is asked for"
    except UndefinedError as error:
        yield f"the report says {verdict}, and by its counts {error}"


def _can_be_proven(question: Question, view: View, policy: Policy) -> bool:
    """Say whether some method proves it; True where the counts alone do not tell."""
    confidence = policy.asked(question.confidence)
    if not confidence or route(question, view) not in _FROM_COUNTS:
        return True
    methods: tuple[Method, ...] = (policy.method, "score", "exact", "anytime")
    levels = (Level(method, policy.alpha(confidence), policy.seed) for method in dict.fromkeys(methods))
    return any(prove(question, view, level).outcome == "pass" for level in levels)


def _favourable(comparison: Comparison) -> Comparison:
    """Add the crossing of both sides' mistakes with the fewest rows on which they differ."""
    other = comparison.baseline
    if other is None:
        return comparison
    slices = _cross_slices(comparison.candidate.slices, other.slices)
    return replace(comparison, paired=_cross(comparison.candidate.confusion, other.confusion), paired_slices=slices)


def _cross_slices(one: SliceCounts, other: SliceCounts) -> Mapping[str, Mapping[str, Paired]]:
    return {
        column: {
            value: _cross(counts, other[column][value])
            for value, counts in values.items()
            if value in other.get(column, {})
        }
        for column, values in one.items()
    }


def _cross(one: Confusion, other: Confusion) -> Paired:
    return Paired(_nest(one.fp, other.fp, one.negatives), _nest(one.fn, other.fn, one.positives))


def _nest(one: int, other: int, rows: int) -> PairedErrors:
    more, less = max(0, one - other), max(0, other - one)
    return PairedErrors(min(one, other), more, less, rows - max(one, other))


def _unlike(one: Confusion, other: Confusion | None, where: str) -> Iterator[str]:
    if other is not None and (one.positives, one.negatives) != (other.positives, other.negatives):
        yield f"candidate and baseline are not of the same rows{where}"


def _is_whole(column: str, values: Mapping[str, Confusion], whole: Confusion) -> bool:
    """Say whether slices are all rows; of classes each may be all rows, one class against the rest."""
    if column == _CLASS and all(counts.rows == whole.rows for counts in values.values()):
        return True
    return sum(values.values(), Confusion()) == whole
