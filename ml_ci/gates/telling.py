"""What was proven of a question, in words: on which rows, and what would decide it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ml_ci.gates import proof
from ml_ci.gates.forms import is_any, margin
from ml_ci.gates.measured import Measured
from ml_ci.gates.question import Question
from ml_ci.gates.together import Together, more_clusters
from ml_ci.gates.view import View
from ml_ci.gates.wording import confidence_said, provable

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence


def within(question: Question, held: bool) -> str:
    """Say on which side of the limit it is."""
    if held:
        return "within the limit"
    return "above the limit" if question.upper else "below the limit"


def tell_certain(question: Question, view: View, measured: Measured) -> str:
    """Say what no sampling error is in."""
    if proof.is_same(question, view):
        told = "nothing can have become worse" if measured.holds else "it cannot be better than itself"
        return f"the same model as the baseline, {told}"
    return within(question, measured.holds)


def say_rows(question: Question, view: View, way: str, together: Together | None) -> str:
    """Say what the evidence rests on: `214 positives`, `1,204 rows of 310 customers, design effect 3.1: they ...`."""
    if together is not None:
        return str(together)
    rows, kind = proof.rows_of(question, view, way)
    return f"{rows:,} {kind}"


def tell(
    evidence: Evidence, question: Question, view: View, way: str, together: Together | None, confidence: float
) -> str:
    """Say what was proven, or what would decide it."""
    rows = say_rows(question, view, way, together)
    if evidence.outcome != "inconclusive":
        told = within(question, evidence.outcome == "pass")
        return f"{told}, proven with {confidence_said(confidence)} confidence on {rows}"
    why = f" ({evidence.reason})" if evidence.reason else ""
    kind = together.kind if together is not None else proof.rows_of(question, view, way)[1]
    unit = together.unit if together is not None else ""
    more = more_clusters(evidence.needs, evidence.needs_clusters, kind, unit, evidence.chance)
    return f"cannot be told from noise with {rows}{why}; {more}{_tell_provable(evidence, question)}"


def _tell_provable(evidence: Evidence, question: Question) -> str:
    """Say what these very labels prove: a margin or a limit to choose on purpose; "" where no number says it."""
    bound, atom = evidence.high if question.upper else evidence.low, question.single
    if atom is None or bound is None or not math.isfinite(bound) or evidence.withheld:
        return ""
    if question.relative and margin(question) is None:
        return ""
    if is_any(question, bound):
        return ""  # any model is within it
    said = provable(bound, atom, upper=question.upper, relative=question.relative)
    return f"; today's labels can prove {said}"


def tell_of_seeds(evidence: Evidence) -> str:
    """Say what the models of several seeds prove."""
    if evidence.reason:
        return evidence.reason
    told = {"pass": "the seeds prove it too", "fail": "the seeds prove the contrary"}
    return told.get(evidence.outcome, "the seeds differ too much to tell, train with more of them")
