"""Judge the gates of one model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.finding import Finding, find, find_each
from ml_ci.gates.question import Question, questions
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import ORDER
from ml_ci.gates.view import View
from ml_ci.gates.wording import left_out
from ml_ci.spec.values import GateSpec


def judge(gates: Sequence[GateSpec], case: Case, policy: Policy) -> tuple[GateResult, ...]:
    """Judge every gate, in order: one result each, and one per slice for `each`.

    A gate passes only where all its comparisons do, each at the full level (an intersection-union test); it fails
    where one does and Holm's correction over the gates (1979) upholds it. Within `each`, every slice is judged on its
    own, so that a slice more never changes another slice's verdict.
    """
    found = [_findings(gate, case, policy) for gate in gates]
    upheld = _after_holm(found)
    return tuple(_result(gate.text, one) for gate, ones in zip(gates, upheld, strict=True) for one in ones)


def _findings(gate: GateSpec, case: Case, policy: Policy) -> list[Finding]:
    """Judge one gate: a finding per slice that it asks about, and one for all rows."""
    asked = [question for comparison in gate.condition.comparisons for question in questions(comparison)]
    by_slice: dict[str | None, list[Finding]] = {}
    for question in asked:
        for finding in _ask(question, case, policy):
            by_slice.setdefault(finding.slice, []).append(finding)
    return [_join(findings) for findings in by_slice.values()]


def _ask(question: Question, case: Case, policy: Policy) -> list[Finding]:
    case = case.about(question.behaviour)
    if question.by is None or case.lacks:
        return [find(question, View(case, policy.min_rows), policy)]
    key, least = ",".join(question.by), policy.min_rows or 0
    slices = case.comparison.candidate.slices.get(key, {})
    kept = [name for name, counts in slices.items() if counts.rows >= least * case.comparison.asked]
    if not kept:
        return [_no_slice(question.by, len(slices), least)]
    findings = find_each(question, [View(case, policy.min_rows, question.by, name) for name in kept], policy)
    small = left_out(tuple(name for name in slices if name not in kept), least)
    return [replace(findings[0], reason=findings[0].reason + small), *findings[1:]]


def _no_slice(by: tuple[str, ...], number: int, least: int) -> Finding:
    columns = ", ".join(by)
    if number:
        reason = f"All {number:,} slices by {columns} have fewer than {least:,} rows; choose a lower min_rows:"
    else:
        reason = f"There are no slices by {columns}; check that the holdout has the column and rows in it"
    return Finding("error", reason=reason)


def _join(findings: list[Finding]) -> Finding:
    """Join the comparisons of one gate on one slice: the worst decides, and says why.

    Of a gate that is half a relative one without a baseline the other half may fail; if it holds, nothing is decided.
    """
    if len(findings) == 1:
        return findings[0]
    worst = min(findings, key=lambda finding: ORDER.index(finding.verdict))
    alike = [finding for finding in findings if finding.verdict == worst.verdict]
    reasons = list(dict.fromkeys(finding.reason for finding in alike))
    if worst.verdict == "unjudged" and len(alike) < len(findings):
        reasons.append("the rest of the gate holds")
    return replace(worst, reason="; ".join(reasons), p_fail=_join_p(alike))


def _join_p(findings: list[Finding]) -> float | None:
    """Join p-values by Bonferroni; None where one of the findings needs no proof, which no correction takes back."""
    p_values = [finding.p_fail for finding in findings if finding.p_fail is not None]
    return min(1.0, len(p_values) * min(p_values)) if len(p_values) == len(findings) else None


def _after_holm(found: list[list[Finding]]) -> list[list[Finding]]:
    """Turn each proven fail that Holm over the gates does not uphold into inconclusive.

    A slice of `each` stands for its gate while it is looked at, so that its fellows do not weigh on it.
    """
    drawn = [(index, _smallest(ones)) for index, ones in enumerate(found)]
    others = {index: p for index, p in drawn if p is not None}
    return [
        [_upheld(one, [p for at, p in others.items() if at != index]) for one in ones]
        for index, ones in enumerate(found)
    ]


def _smallest(findings: Iterable[Finding]) -> float | None:
    """Give a gate's p-value in units of its level: the smallest of its slices, times their number (Bonferroni)."""
    shares = [share for finding in findings if (share := _share(finding)) is not None]
    return min(shares) * len(shares) if shares else None


def _share(finding: Finding) -> float | None:
    return None if finding.p_fail is None or finding.alpha is None else finding.p_fail / finding.alpha


def _upheld(finding: Finding, others: list[float]) -> Finding:
    own = _share(finding)
    if finding.verdict != "fail" or own is None:
        return finding
    from ml_ci.gates.statistics.holm import holm  # numpy, which the measured numbers do not need

    if holm([own, *others], 1.0)[0]:
        return finding
    reason = f"{finding.reason}; with {len(others) + 1} gates judged at once this may still be chance"
    return replace(finding, verdict="inconclusive", reason=reason)


def _result(condition: str, finding: Finding) -> GateResult:
    together = finding.together
    return GateResult(
        condition=condition,
        verdict=finding.verdict,
        slice=finding.slice,
        value=finding.value,
        limit=finding.limit,
        baseline=finding.baseline,
        interval=finding.interval,
        confidence=finding.confidence,
        needs=finding.needs,
        reason=finding.reason,
        level=finding.level,
        chance=finding.chance,
        clusters=(together.clusters or None) if together else None,
        unit=together.unit if together and together.clusters else "",
        design_effect=together.design_effect if together else None,
        effective_rows=together.effective_rows if together else None,
        needs_clusters=finding.needs_clusters,
    )
