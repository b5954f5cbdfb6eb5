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
from ml_ci.gates.forms import margin
from ml_ci.gates.heading import heading
from ml_ci.gates.level import Level
from ml_ci.gates.measured import measure
from ml_ci.gates.metrics import share
from ml_ci.gates.pairs import pairs
from ml_ci.gates.proof import CERTAIN, prove, route, rows_of
from ml_ci.gates.question import Question, questions
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.view import View
from ml_ci.metrics import OF_CELLS, OF_COST
from ml_ci.spec.values import GateSpec, Method

# What the counts prove by themselves; `paired` with the crossing that favours the candidate most.
_FROM_COUNTS = ("limit", "slices", "paired")
_CLASS = "class"
# Reported numbers may be rounded.
_CLOSE = 1e-3


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
    for name, behaved in comparison.behaviours.items():
        for why in miscounted(behaved.comparison) if behaved.comparison is not None else ():
            yield f"of {name}: {why}"


def of_counts(question: Question) -> bool:
    """Say whether a question is answered by the counts of all rows alone."""
    atoms = [atom for atom, _ in (*question.candidate.weights, *question.limit.weights)]
    return all(isinstance(atom, Metric) and atom.name in OF_CELLS | OF_COST for atom in atoms)


def _against(gate: GateSpec, results: Sequence[GateResult], case: Case, policy: Policy) -> Iterator[str]:
    asked = [question for comparison in gate.condition.comparisons for question in questions(comparison)]
    claims = {one.slice: one for one in results}
    claimed = {name: one.verdict for name, one in claims.items()}
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
                claim = claims[view.label] if len(asked) == 1 else None
                yield from _broken(question, view, policy, verdict, claim)


def _views(question: Question, case: Case, policy: Policy) -> list[View]:
    case = case.about(question.behaviour)
    if question.by is None or case.lacks:
        return [View(case, policy.min_rows)]
    slices = case.comparison.candidate.slices.get(",".join(question.by), {})
    kept = [name for name, counts in slices.items() if counts.rows >= (policy.min_rows or 0) * case.comparison.asked]
    return [View(case, policy.min_rows, question.by, name) for name in kept]


def _broken(
    question: Question, view: View, policy: Policy, verdict: Verdict, claim: GateResult | None
) -> Iterator[str]:
    where = f"{view.label}: " if view.label else ""
    try:
        measured = measure(question, view)
        said = f"the report says {verdict}, and its counts say: {where}{heading(question, view, measured)}"
        if not measured.holds:
            yield said
        elif claim is not None and policy.asked(question.confidence) and (odd := _misfit(question, view, claim)):
            yield f"{said}, which are not those of {odd}"
        elif not _can_be_proven(question, view, policy, (claim and claim.design_effect) or 1.0):
            yield f"{said}, which proves nothing with the confidence that is asked for"
    except UndefinedError as error:
        yield f"the report says {verdict}, and by its counts {error}"


def _misfit(question: Question, view: View, claim: GateResult) -> str:
    """Say which of a gate's clusters and independent rows cannot be of these rows; "" where they may be."""
    effect, way = claim.design_effect, route(question, view)
    if effect is None or claim.effective_rows is None or way not in ("limit", "paired"):
        return ""
    rows, kind = rows_of(question, view, way)
    if not effect >= 1 - _CLOSE or abs(claim.effective_rows * effect - rows) > _CLOSE * rows:
        return f"{claim.effective_rows:,.0f} {kind} at a design effect of {effect:.3g}"
    if claim.clusters is not None and not 0 < claim.clusters <= view.confusion(False).rows:
        return f"{claim.clusters:,} {claim.unit or 'clusters'}"
    return ""


def _can_be_proven(question: Question, view: View, policy: Policy, effect: float) -> bool:
    """Say whether some method proves it; True where the counts alone do not tell.

    `effect` is the design effect that the gate claims, by which its rows count as fewer: no less than 1, which favours
    the candidate most.
    """
    confidence = policy.asked(question.confidence)
    if confidence and view.case.folds and route(question, view) != CERTAIN:
        return False  # one table proves nothing of another, whatever its counts
    if not confidence or route(question, view) not in _FROM_COUNTS:
        return True
    methods: tuple[Method, ...] = (policy.method, "score", "exact", "anytime")
    levels = [Level(method, policy.alpha(confidence), policy.seed) for method in dict.fromkeys(methods)]
    if effect > 1:
        return any(_proves_together(question, view, level, effect) for level in levels)
    return any(prove(question, view, level).outcome == "pass" for level in levels)


def _proves_together(question: Question, view: View, level: Level, effect: float) -> bool:
    """Say whether the counts prove it as the independent rows that they count as; slices have effects of their own."""
    from ml_ci.gates.statistics import limits, paired  # numpy, which rows by themselves may not need

    way, name = route(question, view), question.candidate.weights[0][0].key
    if way == "limit":
        part, whole = share(view.confusion(False), name)
        rate = limits.rates_at_most if question.upper else limits.rates_at_least
        found = rate(part / effect, whole / effect, float(question.limit.constant), level.alpha, effective=True)
    elif way == "paired":
        crossed = pairs(name, view.paired() or Paired())
        judge = paired.differences_at_most if question.upper else paired.differences_at_least
        # Bets are of clusters, which no design effect tells: their rows, one by one, favour the candidate.
        by = 1.0 if level.method == "anytime" else effect
        b, c, n = crossed.b / by, crossed.c / by, crossed.n / by
        found = judge(b, c, n, float(margin(question) or 0), level.alpha, level.method, effective=True)
    else:
        return prove(question, view, level).outcome == "pass"
    return found[0].outcome == "pass"


def _favourable(comparison: Comparison) -> Comparison:
    """Add the crossing of both sides' mistakes with the fewest rows on which they differ, of behaviours too."""
    behaviours = {
        name: replace(one, comparison=_favourable(one.comparison)) if one.comparison else one
        for name, one in comparison.behaviours.items()
    }
    comparison, other = replace(comparison, behaviours=behaviours), comparison.baseline
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
