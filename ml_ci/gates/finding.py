"""Judge one question on one set of rows: measure it, prove it where proof is asked for, and say so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.tree import Metric
from ml_ci.gates import procedure, proof
from ml_ci.gates.evidence import Policy, nothing_to_compare
from ml_ci.gates.heading import heading
from ml_ci.gates.measured import Measured, beside, measure
from ml_ci.gates.proof import CERTAIN, UNPROVABLE, Level
from ml_ci.gates.question import Question
from ml_ci.gates.values import Verdict
from ml_ci.gates.view import UndefinedError, View
from ml_ci.gates.wording import confidence_said, more_rows, provable
from ml_ci.metrics import METRICS

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence

# By slice (None: all rows), what was proven for many slices at once.
Ready: TypeAlias = "Mapping[str | None, Evidence]"

# Bengio and Grandvalet (Journal of Machine Learning Research 5, 2004): one cross-validation does not tell how far
# another table would have moved it. Judged as a holdout is, wrong models pass up to 39% of the time at a nominal 5%
# (tests/gates/test_folds_simulation.py).
UNPROVEN_FOLDS = "the models of {folds} folds share their training rows, so that one table proves nothing of another"

# Without a confidence an interval is shown all the same: two-sided, 95%.
_SHOWN_ALPHA = 0.025


@dataclass(frozen=True)
class Finding:
    """How one question was judged. `p_fail` is its p-value against "within the limit", None where nothing is drawn."""

    verdict: Verdict
    slice: str | None = None
    value: float | None = None
    limit: float | None = None
    baseline: float | None = None
    interval: tuple[float, float] | None = None
    confidence: float | None = None
    needs: int | None = None
    reason: str = ""
    p_fail: float | None = None
    alpha: float | None = None
    level: float | None = None
    chance: float | None = None


def find_each(question: Question, views: Sequence[View], policy: Policy) -> list[Finding]:
    """Judge one question on many slices; what can be proven at once is."""
    ready: Ready = {}
    level = choose_level(question, policy)
    if level is not None and not (question.relative and views[0].case.comparison.baseline is None):
        with suppress(ImportError):
            ready = proof.prove_each(question, views, level)
    return [find(question, view, policy, ready) for view in views]


def find(question: Question, view: View, policy: Policy, ready: Ready | None = None) -> Finding:
    """Judge one question; every absence is a finding with a verdict of its own, none of them passes.

    `ready` holds, by slice, evidence that was made for many slices at once.
    """
    if question.relative and view.case.comparison.baseline is None:
        return _without_baseline(question, view)
    try:
        measured = measure(question, view)
        return _judge(question, view, policy, measured, ready or {})
    except UndefinedError as error:
        return Finding("error", view.label, reason=_sentence(str(error)))


def _without_baseline(question: Question, view: View) -> Finding:
    """Leave a relative question unjudged where it is stated why there is no baseline; otherwise it is an error."""
    if not view.case.no_baseline:
        reason = "No baseline to compare with: it was not evaluated; run again, or compare with another: --baseline REF"
        return Finding("error", view.label, reason=reason)
    value = None
    if question.single is not None:
        with suppress(UndefinedError):
            value = float(view.value(question.single))
    return Finding("unjudged", view.label, value, reason=_sentence(nothing_to_compare(view.case.no_baseline)))


def choose_level(question: Question, policy: Policy) -> Level | None:
    """Give the level at which a question is put to the data; None where the holdout's ledger has nothing left."""
    confidence = policy.asked(question.confidence)
    if not confidence:
        return Level(policy.method, _SHOWN_ALPHA, policy.seed)
    alpha = policy.alpha(confidence)
    return Level(policy.method, alpha, policy.seed) if alpha > 0 else None


@dataclass(frozen=True, slots=True)
class _Put:
    """A question as it is put to one set of rows: what its reason begins with (`head`), by which `way` it is proven."""

    question: Question
    view: View
    policy: Policy
    ready: Ready
    head: str
    way: str

    @property
    def confidence(self) -> float | None:
        return self.policy.asked(self.question.confidence)

    def evidence(self, level: Level) -> Evidence:
        """Give what the data prove at a level; for many slices it was made at once."""
        return self.ready.get(self.view.slice) or proof.prove(self.question, self.view, level)


def _judge(question: Question, view: View, policy: Policy, measured: Measured, ready: Ready) -> Finding:
    finding = Finding(
        verdict="pass" if measured.holds else "fail",
        slice=view.label,
        value=float(measured.value),
        limit=float(measured.limit),
        baseline=beside(question, view, measured),
    )
    put = _Put(question, view, policy, ready, heading(question, view, measured), proof.route(question, view))
    if put.way == CERTAIN:
        return replace(finding, reason=f"{put.head}: {_certain(question, view, measured)}")
    if not put.confidence:
        return _as_measured(finding, put)
    if put.way == UNPROVABLE or view.case.folds:
        return _unproven(finding, put)
    return _as_proven(finding, put)


def _certain(question: Question, view: View, measured: Measured) -> str:
    if proof.is_same(question, view):
        told = "nothing can have become worse" if measured.holds else "it cannot be better than itself"
        return f"the same model as the baseline, {told}"
    return _within(question, measured.holds)


def _within(question: Question, held: bool) -> str:
    if held:
        return "within the limit"
    return "above the limit" if question.upper else "below the limit"


def _as_measured(finding: Finding, put: _Put) -> Finding:
    question, view = put.question, put.view
    held = finding.verdict == "pass"
    told = f"{_within(question, held)} as measured"
    if view.case.comparison.seeds:
        held = held and procedure.mean_holds(question, view)
        finding = replace(finding, verdict="pass" if held else "fail")
        told += f"; {procedure.told(question, view)}"
    if put.way not in ("limit", "paired", "slices"):
        return replace(finding, reason=f"{put.head}: {told}")
    try:
        evidence = put.evidence(Level(put.policy.method, _SHOWN_ALPHA, put.policy.seed))
    except ImportError:  # the interval alone is not worth scipy
        return replace(finding, reason=f"{put.head}: {told}")
    rows, kind = proof.rows_of(question, view, put.way)
    if evidence.outcome == "inconclusive":
        told += f", but with {rows:,} {kind} it may be noise"
    finding = replace(finding, reason=f"{put.head}: {told}")
    # Of folds an interval would be too narrow; what is noise by it is noise all the more.
    return finding if view.case.folds else _with_interval(finding, evidence, _SHOWN_ALPHA)


def _unproven(finding: Finding, put: _Put) -> Finding:
    """Leave undecided what no method proves: with a confidence nothing passes that is not proven."""
    names = {atom.name for atom, _ in put.question.candidate.weights if isinstance(atom, Metric)} - METRICS
    own, folds = min(names, default=None), put.view.case.folds
    what = f"{own}, your own metric, was not resampled here" if own else "no proof is known for this form of gate"
    if folds:
        what = UNPROVEN_FOLDS.format(folds=folds)
    measured = f"{_within(put.question, finding.verdict == 'pass')} as measured"
    reason = f"{put.head}: {measured}, but {what}; write @ 0 behind it to go by the measured numbers"
    return replace(finding, verdict="inconclusive", confidence=put.confidence, reason=reason)


def _as_proven(finding: Finding, put: _Put) -> Finding:
    question, view = put.question, put.view
    level = choose_level(question, put.policy)
    if level is None:
        reason = f"{put.head}: this holdout has been looked at too often to prove anything more; label new rows"
        return replace(finding, verdict="inconclusive", confidence=put.confidence, reason=reason)
    alpha = level.alpha
    evidence = put.evidence(level)
    told = _tell(evidence, put, 1 - alpha)
    if view.case.comparison.seeds:
        over_seeds = procedure.evidence(question, view, alpha)
        evidence = procedure.together(evidence, over_seeds, alpha)
        told += f"; {procedure.told(question, view)}: {_tell_of_seeds(over_seeds)}"
    if put.policy.why_anytime and evidence.method == "anytime":
        told += f" (by e-values: {put.policy.why_anytime})"
    return replace(
        _with_interval(finding, evidence, alpha),
        verdict=evidence.outcome,
        confidence=round(1 - alpha, 12),
        needs=evidence.needs,
        chance=evidence.chance,
        reason=f"{put.head}: {told}",
        p_fail=evidence.p_fail,
        alpha=alpha,
    )


def _tell(evidence: Evidence, put: _Put, confidence: float) -> str:
    rows, kind = proof.rows_of(put.question, put.view, put.way)
    if evidence.outcome == "pass":
        return f"within the limit, proven with {confidence_said(confidence)} confidence on {rows:,} {kind}"
    if evidence.outcome == "fail":
        broken = _within(put.question, False)
        return f"{broken}, proven with {confidence_said(confidence)} confidence on {rows:,} {kind}"
    why = f" ({evidence.reason})" if evidence.reason else ""
    more = more_rows(evidence.needs, kind, evidence.chance)
    return f"cannot be told from noise with {rows:,} {kind}{why}; {more}{_tell_provable(evidence, put)}"


def _tell_provable(evidence: Evidence, put: _Put) -> str:
    """Say what these very labels prove: a margin or a limit to choose on purpose; "" where no number says it."""
    question, bound = put.question, evidence.high if put.question.upper else evidence.low
    atom = question.single
    if atom is None or bound is None or not math.isfinite(bound):
        return ""
    if question.relative and proof.margin(question) is None:
        return ""
    if proof.is_any(question, bound):
        return ""  # any model is within it
    said = provable(bound, atom, upper=question.upper, relative=question.relative)
    return f"; today's labels can prove {said}"


def _tell_of_seeds(evidence: Evidence) -> str:
    if evidence.reason:
        return evidence.reason
    told = {"pass": "the seeds prove it too", "fail": "the seeds prove the contrary"}
    return told.get(evidence.outcome, "the seeds differ too much to tell, train with more of them")


def _with_interval(finding: Finding, evidence: Evidence, alpha: float) -> Finding:
    """Add the interval that both one-sided bounds at `alpha` make together, with its level."""
    interval = _finite(evidence.interval)
    return replace(finding, interval=interval, level=None if interval is None else round(1 - 2 * alpha, 12))


def _finite(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """Give an interval that a report can hold, or None."""
    return interval if interval is not None and all(math.isfinite(end) for end in interval) else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
