"""Judge one question on one set of rows: measure it, prove it where proof is asked for, and say so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.tree import Metric
from ml_ci.frozen import dataclass
from ml_ci.gates import procedure, proof
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.evidence import Policy, nothing_to_compare
from ml_ci.gates.heading import heading
from ml_ci.gates.level import Level
from ml_ci.gates.measured import Measured, beside, measure
from ml_ci.gates.proof import CERTAIN, UNPROVABLE
from ml_ci.gates.question import Question
from ml_ci.gates.shown import add_shown
from ml_ci.gates.telling import say_rows, tell, tell_certain, tell_of_seeds, within
from ml_ci.gates.together import Together
from ml_ci.gates.values import Verdict
from ml_ci.gates.view import View
from ml_ci.metrics import METRICS

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence

# By slice (None: all rows), what was proven for many slices at once.
Ready: TypeAlias = "Mapping[str | None, tuple[str, Evidence]]"

# Bengio and Grandvalet (Journal of Machine Learning Research 5, 2004): one cross-validation does not tell how far
# another table would have moved it. Judged as a holdout is, wrong models pass up to 39% of the time at a nominal 5%
# (tests/gates/test_folds_simulation.py).
UNPROVEN_FOLDS = "the models of {folds} folds share their training rows, so that one table proves nothing of another"

# Without a confidence an interval is shown all the same: two-sided, 95%.
_SHOWN_ALPHA = 0.025


@dataclass(frozen=True, slots=True)
class Finding:
    """How one question was judged. `p_fail` is its p-value against "within the limit", None where nothing is drawn.

    `together` says what its rows are evidence of; None where each is evidence by itself.
    """

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
    needs_clusters: int | None = None
    together: Together | None = None
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

    `ready` holds, by slice, by which way and with what evidence it was proven for many slices at once.
    """
    if question.relative and view.case.comparison.baseline is None:
        return _without_baseline(question, view)
    try:
        measured = measure(question, view)
        found = _judge(question, view, policy, measured, ready or {})
        found = _hold_inside(found, question, view)
        verdict, more = add_shown(found.verdict, view)
        if verdict == found.verdict and not more:
            return found
        return replace(found, verdict=verdict, reason=found.reason + more)
    except UnprovableError as error:
        return Finding("inconclusive", view.label, reason=_sentence(str(error)))
    except UndefinedError as error:
        return Finding("error", view.label, reason=_sentence(str(error)))


def _hold_inside(found: Finding, question: Question, view: View) -> Finding:
    """Leave undecided what breaks the limit by no more than two seeds, or repetitions, of one model differ by.

    A behaviour is asked once: where the same row is answered otherwise each time, its rows may be broken by that alone.
    """
    if found.verdict != "fail":
        return found
    why = ""
    if view.case.unsteady:
        why = "the model answers the same row differently each time (repeats), and behaviours are asked once"
    elif view.case.comparison.several and not procedure.is_beyond(question, view):
        why = procedure.tell_inside(question, view)
    if not why:
        return found
    p_fail = None if found.p_fail is None else 1.0
    return replace(found, verdict="inconclusive", reason=f"{found.reason}; but {why}", p_fail=p_fail)


def _without_baseline(question: Question, view: View) -> Finding:
    """Leave a relative question unjudged where it is stated why there is no baseline; otherwise it is an error."""
    if view.case.lost:
        return Finding("error", view.label, reason=f"No baseline to compare with: {view.case.lost}")
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
        return _level_of(policy, _SHOWN_ALPHA)
    alpha = policy.alpha(confidence)
    return _level_of(policy, alpha) if alpha > 0 else None


def _level_of(policy: Policy, alpha: float) -> Level:
    return Level(policy.method, alpha, policy.seed, policy.largest, policy.grown)


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
        return procedure.widen(self.of_rows(level), self.question, self.view, self.way, level.alpha)

    def of_rows(self, level: Level) -> Evidence:
        """Give what the rows prove by themselves."""
        known = self.ready.get(self.view.slice)
        return proof.prove(self.question, self.view, level) if known is None else known[1]

    def together(self) -> Together | None:
        """Say what the rows are evidence of where they belong together or weigh unlike; None where they do not."""
        if self.view.clusters is None:
            return None
        from ml_ci.gates.described import describe  # numpy, which independent rows as measured do not need

        return describe(self.question, self.view, self.way)


def _judge(question: Question, view: View, policy: Policy, measured: Measured, ready: Ready) -> Finding:
    finding = Finding(
        verdict="pass" if measured.holds else "fail",
        slice=view.label,
        value=float(measured.value),
        limit=float(measured.limit),
        baseline=beside(question, view, measured),
    )
    known = ready.get(view.slice)
    way = proof.route(question, view) if known is None else known[0]
    put = _Put(question, view, policy, ready, heading(question, view, measured), way)
    if put.way == CERTAIN:
        return replace(finding, reason=f"{put.head}: {tell_certain(question, view, measured)}")
    if not put.confidence:
        return _as_measured(finding, put)
    if put.way == UNPROVABLE or view.case.folds:
        return _unproven(finding, put, _no_form(put))
    try:
        return _as_proven(finding, put)
    except UnprovableError as error:
        return _unproven(finding, put, str(error))


def _as_measured(finding: Finding, put: _Put) -> Finding:
    question, view = put.question, put.view
    held = finding.verdict == "pass"
    told = f"{within(question, held)} as measured"
    if view.case.comparison.seeds:
        held = held and procedure.mean_holds(question, view)
        finding = replace(finding, verdict="pass" if held else "fail")
    if view.case.comparison.several:
        told += f"; {procedure.told(question, view)}"
    if put.way not in ("limit", "paired", "slices"):
        return replace(finding, reason=f"{put.head}: {told}")
    try:
        evidence = put.evidence(_level_of(put.policy, _SHOWN_ALPHA))
    except UnprovableError as error:
        return replace(finding, reason=f"{put.head}: {told}; {error}")
    except ImportError:  # the interval alone is not worth scipy
        return replace(finding, reason=f"{put.head}: {told}")
    together = put.together()
    if evidence.outcome == "inconclusive":
        rows = together.brief if together is not None else say_rows(question, view, put.way, None)
        told += f", but with {rows} it may be noise"
    shown = replace(finding, reason=f"{put.head}: {told}", together=together)
    # Of folds an interval would be too narrow; what is noise by it is noise all the more.
    return shown if view.case.folds else _with_interval(shown, evidence, _SHOWN_ALPHA)


def _no_form(put: _Put) -> str:
    names = {atom.name for atom, _ in put.question.candidate.weights if isinstance(atom, Metric)} - METRICS
    own, folds = min(names, default=None), put.view.case.folds
    if folds:
        return UNPROVEN_FOLDS.format(folds=folds)
    return f"{own}, your own metric, was not resampled here" if own else "no proof is known for this form of gate"


def _unproven(finding: Finding, put: _Put, why: str) -> Finding:
    """Leave undecided what no method proves: with a confidence nothing passes that is not proven."""
    measured = f"{within(put.question, finding.verdict == 'pass')} as measured"
    reason = f"{put.head}: {measured}, but {why}; write @ 0 behind it to go by the measured numbers"
    return replace(finding, verdict="inconclusive", confidence=put.confidence, reason=reason)


def _as_proven(finding: Finding, put: _Put) -> Finding:
    question, view = put.question, put.view
    level = choose_level(question, put.policy)
    if level is None:
        reason = f"{put.head}: this holdout has been looked at too often to prove anything more; label new rows"
        return replace(finding, verdict="inconclusive", confidence=put.confidence, reason=reason)
    alpha = level.alpha
    together = put.together()
    evidence = put.evidence(level)
    told = tell(evidence, question, view, put.way, together, 1 - alpha)
    if view.case.comparison.seeds:
        over_seeds = procedure.evidence(question, view, alpha)
        evidence = procedure.together(evidence, over_seeds, alpha)
        told += f"; {procedure.told(question, view)}: {tell_of_seeds(over_seeds)}"
    if view.case.comparison.repeats:
        told += f"; {procedure.told(question, view)}{_tell_of_repeats(put, evidence, level)}"
    if put.policy.why_anytime and evidence.method == "anytime":
        told += f" (by e-values: {put.policy.why_anytime})"
    interval = _finite(evidence.interval)
    return replace(
        finding,
        interval=interval,
        level=_level_shown(interval, alpha),
        verdict=evidence.outcome,
        confidence=round(1 - alpha, 12),
        needs=evidence.needs,
        needs_clusters=evidence.needs_clusters,
        together=together,
        chance=evidence.chance,
        reason=f"{put.head}: {told}",
        p_fail=evidence.p_fail,
        alpha=alpha,
    )


def _tell_of_repeats(put: _Put, evidence: Evidence, level: Level) -> str:
    """Say that it is the repetitions that differ too much, and how many would decide it."""
    of_rows = put.of_rows(level)
    if evidence.outcome != "inconclusive" or of_rows.outcome == "inconclusive":
        return ""
    wanted = procedure.repetitions_needed(of_rows, put.question, put.view, put.way, level.alpha)
    told = f"repeats: {wanted} would decide it" if wanted else "no number of them would decide it"
    return f": the rows would decide it, the repetitions differ too much to tell; {told}"


def _with_interval(finding: Finding, evidence: Evidence, alpha: float) -> Finding:
    """Add the interval that both one-sided bounds at `alpha` make together, with its level."""
    interval = _finite(evidence.interval)
    return replace(finding, interval=interval, level=_level_shown(interval, alpha))


def _level_shown(interval: tuple[float, float] | None, alpha: float) -> float | None:
    return None if interval is None else round(1 - 2 * alpha, 12)


def _finite(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """Give an interval that a report can hold, or None."""
    return interval if interval is not None and all(math.isfinite(end) for end in interval) else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
