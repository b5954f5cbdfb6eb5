"""What the counts and the scores of a comparison say against themselves, in words that say what to check next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.frozen import dataclass

# Two-sided, 5%: of a hundred models that tell the classes apart by nothing, five escape.
LEVEL = 0.05
_BOUND = 1.959963984540054
# Without a single error on so many rows the true share of errors is below 3% with 95% confidence: rare in real data.
MANY = 100

Kind: TypeAlias = Literal["none", "all", "constant", "turned", "chance", "perfect"]


@dataclass(frozen=True)
class Suspicion:
    """One thing that is odd about a side: its `kind`, what `does` follows "the candidate", and what to `check`."""

    kind: Kind
    does: str
    check: str


def suspicions(comparison: Comparison) -> Iterator[str]:
    """Say what is odd about candidate and baseline; what both have in common is said once."""
    own = tuple(of_side(comparison.candidate))
    other = () if comparison.baseline is None else tuple(of_side(comparison.baseline))
    for one in own:
        too = " So does the baseline." if any(one.kind == its.kind for its in other) else ""
        yield f"The candidate {one.does}.{too} {one.check}"
    for one in other:
        if all(one.kind != its.kind for its in own):
            yield f"The baseline {one.does}. {one.check}"


def of_side(side: Evaluation) -> Iterator[Suspicion]:
    """Give what is odd about one side; nothing where the holdout has rows of one class only, or none."""
    counts = side.confusion
    if counts.positives and counts.negatives:
        yield from (found for look in _LOOKS if (found := look(side)) is not None)


def _none(side: Evaluation) -> Suspicion | None:
    counts = side.confusion
    if counts.tp + counts.fp:
        return None
    does = f"calls no row positive: all {counts.positives:,} positives of the {counts.rows:,} rows are missed"
    return Suspicion("none", does + _scores(side), _CHECKS.get(side.kind, _THRESHOLD))


def _all(side: Evaluation) -> Suspicion | None:
    counts = side.confusion
    if counts.tn + counts.fn:
        return None
    does = f"calls every row positive: all {counts.negatives:,} negatives of the {counts.rows:,} rows are false alarms"
    return Suspicion("all", does + _scores(side), _CHECKS.get(side.kind, _THRESHOLD))


def _constant(side: Evaluation) -> Suspicion | None:
    if side.span is None or side.span[0] != side.span[1]:
        return None
    does = f"gives all {side.confusion.rows:,} rows the same score, {_show(side.span[0])}: it tells no row from another"
    return Suspicion("constant", does, "Does it get its features, under the names and in the form of its training?")


def _turn(side: Evaluation) -> Suspicion | None:
    first = next(_distances(side), None)
    if first is None or first >= -_BOUND:
        return None
    return Suspicion("turned", f"ranks the wrong way round: {_measure(side)}{_TEST}", _TURNED)


def _chance(side: Evaluation) -> Suspicion | None:
    """Hold neither scores nor decisions for better than chance: many ties hide in the first what the others show."""
    found = tuple(_distances(side))
    if not found or _constant(side) or any(abs(one) > _BOUND for one in found):
        return None
    return Suspicion("chance", f"cannot be told from chance: {_measure(side)}{_TEST}", _CHANCE)


def _perfect(side: Evaluation) -> Suspicion | None:
    counts = side.confusion
    if counts.rows < MANY:
        return None
    if counts.fp + counts.fn == 0:
        return Suspicion("perfect", f"makes no error on {counts.rows:,} rows, which real data seldom allow", _PERFECT)
    if side.kind != "label" and side.metrics.get("auc") == 1.0:
        does = f"ranks all {counts.rows:,} rows without an error (AUC 1), which real data seldom allow"
        return Suspicion("perfect", does, _PERFECT)
    return None


_TEST = f" (two-sided test at the {100 * LEVEL:.0f}% level)"
_THRESHOLD = (
    "Check `threshold:`, that the score is the positive class's, and that rows of both classes were trained on."
)
_LABELS = "Check that `positive:` is written as the job writes its labels, and that both classes were trained on."
_NUMBERS = "Check the bound of `positive:` against the numbers that the model gives, and its training for such rows."
_CHECKS = {"label": _LABELS, "number": _NUMBERS}
_TURNED = "Check `positive:`, and that the score is the positive class's and not the other one's."
_CHANCE = "Check that the features reach it as in its training, and that predictions and rows are in the same order."
_PERFECT = (
    "Look for the label, or what is known only after it, among the features, and for the holdout in the training."
)

_LOOKS: tuple[Callable[[Evaluation], Suspicion | None], ...] = (_none, _all, _constant, _turn, _chance, _perfect)


def _distances(side: Evaluation) -> Iterator[float]:
    """Give how many standard errors the scores, then the decisions, lie from telling no class from the other."""
    yield from (one for one in (_by_auc(side), _by_decisions(side.confusion)) if one is not None)


def _by_auc(side: Evaluation) -> float | None:
    """Give how many standard errors the AUC lies from 0.5, where no class is told from the other (Mann-Whitney).

    The error without ties, (n + 1) / (12 P N), is the largest that there is.
    """
    auc, counts = side.metrics.get("auc"), side.confusion
    if auc is None or side.kind == "label":
        return None
    return (auc - 0.5) / math.sqrt((counts.rows + 1) / (12 * counts.positives * counts.negatives))


def _by_decisions(counts: Confusion) -> float | None:
    """Give how many standard errors the hits lie from what chance gives (hypergeometric); None where all are alike."""
    called, rows = counts.tp + counts.fp, counts.rows
    if called in (0, rows):
        return None
    variance = counts.positives * counts.negatives * called * (rows - called) / (rows * rows * (rows - 1))
    return (counts.tp - counts.positives * called / rows) / math.sqrt(variance)


def _measure(side: Evaluation) -> str:
    """Say how well positives are told from negatives: the AUC, or what is called positive of each class."""
    counts, auc = side.confusion, side.metrics.get("auc")
    if auc is not None and side.kind != "label":
        return f"AUC {auc:.3f} on {counts.positives:,} positives and {counts.negatives:,} negatives"
    return (
        f"it calls {counts.tp:,} of {counts.positives:,} positives and {counts.fp:,} of {counts.negatives:,} negatives "
        "positive"
    )


def _scores(side: Evaluation) -> str:
    if side.span is None or side.span[0] == side.span[1]:
        return ""
    return f"; its scores run from {_show(side.span[0])} to {_show(side.span[1])}"


def _show(score: float) -> str:
    return f"{score:.4g}"
