"""Judge rows that belong together, or stand for unlike numbers of rows, by the methods for independent rows.

Each question has its own design effect: of the candidate's rate, of the difference, of the gradient of a statistic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ml_ci.conditions.tree import OverSlices
from ml_ci.evaluation.clusters import Moments
from ml_ci.evaluation.confusion import Paired
from ml_ci.gates import cells, giants, over_slices
from ml_ci.gates.cells import Score
from ml_ci.gates.level import Level
from ml_ci.gates.metrics import share
from ml_ci.gates.pairs import pairs
from ml_ci.gates.question import Question
from ml_ci.gates.statistics import cluster_bets, design_effect, limits, paired
from ml_ci.gates.statistics.design_effect import Effect
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, undecided, whole_rows
from ml_ci.gates.view import View


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts in independent rows: the `parts` of `rows`; whole numbers where each row stands alone.

    `effect` says what they were counted from, None where rows are independent by what the question is about; `share`
    is the largest cluster's.
    """

    parts: tuple[float, ...]
    rows: float
    effect: Effect | None = None
    share: float = 0.0


def count_rate(view: View, name: str) -> Counted:
    """Count a rate of the candidate in independent rows."""
    moments = view.moments()
    if moments is None:
        part, whole = share(view.confusion(False), name)
        return Counted((part,), whole)
    return _count(view, moments, cells.rate(name), (1.0,))


def count_difference(view: View, name: str) -> Counted:
    """Count the rows that only the candidate, and only the baseline adds to a rate, in independent rows."""
    moments = view.moments()
    if moments is None:
        crossed = pairs(name, view.paired() or Paired())
        return Counted((crossed.b, crossed.c), crossed.n)
    return _count(view, moments, cells.difference(name), (1.0, -1.0))


def judge_rates(question: Question, views: Sequence[View], level: Level) -> list[Evidence]:
    """Judge one rate of each view against the constant of the limit."""
    name = question.candidate.weights[0][0].key
    counted = [count_rate(view, name) for view in views]
    judge = limits.rates_at_most if question.upper else limits.rates_at_least
    columns = [one.parts[0] for one in counted], [one.rows for one in counted]
    found = judge(*columns, float(question.limit.constant), level.alpha, effective=True)
    return [
        giants.hold(settle(evidence, one), one, question, view, level)
        for evidence, one, view in zip(found, counted, views, strict=True)
    ]


def judge_differences(question: Question, views: Sequence[View], level: Level, margin: float) -> list[Evidence]:
    """Judge one difference to the baseline in each view; by a bet a cluster where it is to be valid at any time."""
    name = question.candidate.weights[0][0].key
    counted = [count_difference(view, name) for view in views]
    judge = paired.differences_at_most if question.upper else paired.differences_at_least
    columns = ([one.parts[0] for one in counted], [one.parts[1] for one in counted], [one.rows for one in counted])
    by_rows = judge(*columns, margin, level.alpha, level.method, effective=True)
    found = []
    for evidence, one, view in zip(by_rows, counted, views, strict=True):
        bets = level.method == "anytime" and one.effect is not None and not one.effect.alone
        proven = _bet(question, view, level, margin, one) if bets else settle(evidence, one)
        found.append(giants.hold(proven, one, question, view, level))
    return found


def judge_slices(question: Question, view: View, level: Level) -> Evidence:
    """Judge the worst slice, the gap or the ratio, each slice by its own effect."""
    atom = question.candidate.weights[0][0]
    assert isinstance(atom, OverSlices)  # noqa: S101 - route sends nothing else here
    views = [view.of_slice(atom.by, name) for name in view.kept(atom)[0]]
    counted = [count_rate(one, atom.metric) for one in views]
    found = over_slices.judge(
        atom,
        [(one.parts[0], one.rows) for one in counted],
        float(question.limit.constant),
        question.upper,
        level.alpha,
        [one.effect for one in counted],
    )
    found = _in_clusters(found, counted, view, cells.rate(atom.metric).cells)
    for one, slice_view in zip(counted, views, strict=True):
        found = giants.hold(found, one, question, slice_view, level)
    return found


def _in_clusters(found: Evidence, counted: Sequence[Counted], view: View, kept: frozenset[int]) -> Evidence:
    """Say in clusters of all slices which rows are needed, where they do not stand alone."""
    clusters, moments = view.clusters, view.case.comparison.clusters
    effects = [one.effect for one in counted if one.effect is not None]
    if found.needs is None or clusters is None or moments is None or all(effect.alone for effect in effects):
        return found
    rows = sum(one.rows if one.effect is None else one.effect.rows for one in counted)
    number = real_clusters(view, moments.all, design_effect.find_class(kept))
    return replace(found, needs_clusters=whole_rows(found.needs / rows * number))


def settle(found: Evidence, counted: Counted) -> Evidence:
    """Turn the further independent rows that would decide it into clusters and their rows."""
    effect = counted.effect
    if effect is None or effect.alone:
        return found
    clusters, rows = design_effect.more(effect, found.needs)
    return replace(found, needs=rows, needs_clusters=clusters)


def further_clusters(view: View, rows: int) -> int | None:
    """Give the clusters that bring so many further rows, where they are as those that are there."""
    clusters, moments = view.clusters, view.case.comparison.clusters
    if clusters is None or moments is None or not sum(moments.all.rows):
        return None
    if rows >= NEEDS_CAP:
        return NEEDS_CAP
    return whole_rows(rows * real_clusters(view, moments.all, 2) / sum(moments.all.rows))


def size(view: View) -> tuple[float, float]:
    """Count the rows and clusters of a view."""
    moments = view.moments()
    return (0.0, 0.0) if moments is None else (sum(moments.rows), real_clusters(view, moments, 2))


def real_clusters(view: View, moments: Moments, place: int) -> int:
    """Count the clusters of a class (0, 1; 2: all) with each known one as one, and not each of its rows."""
    return cells.real_clusters(moments, len(view.clusters.known) if view.clusters is not None else 0, place)


def measure(view: View, moments: Moments, score: Score) -> Effect:
    """Measure the effect of a score, with the clusters as they are called."""
    found = design_effect.measure(moments, score.values, score.cells)
    place = design_effect.find_class(score.cells)
    return found if not moments.known[place] else replace(found, clusters=real_clusters(view, moments, place))


def _count(view: View, moments: Moments, score: Score, worths: Sequence[float]) -> Counted:
    effect = measure(view, moments, score)
    parts = tuple(design_effect.count(moments, effect, score.worth(value)) for value in worths)
    return Counted(parts, effect.effective_rows, effect, design_effect.largest_share(moments, score.cells))


def _bet(question: Question, view: View, level: Level, margin: float, counted: Counted) -> Evidence:
    moments, effect, name = view.moments(), counted.effect, question.candidate.weights[0][0].key
    if level.grown:
        return undecided(cluster_bets.METHOD, level.grown)
    if moments is None or moments.distinct is None or effect is None:
        why = "e-values bet on each cluster, and which rows each has was not kept; evaluate again"
        return undecided(cluster_bets.METHOD, why)
    score = cells.difference(name)
    whole = view.case.comparison.clusters
    first = level.largest or (moments.largest if whole is None else whole.all.largest)
    largest = first[design_effect.find_class(score.cells)]
    bets = cluster_bets.place(moments.distinct, score.values, score.cells, largest)
    judge = cluster_bets.difference_at_most if question.upper else cluster_bets.difference_at_least
    found = judge(bets, margin, level.alpha)
    if found.outcome != "inconclusive" or found.reason:
        return found
    if not any(counted.parts) and not margin:
        return replace(found, reason=paired.NONE_DIFFERS)
    towards = (bets, margin) if question.upper else (bets.turned(), -margin)
    times = cluster_bets.times_more(*towards, level.alpha)
    if times is None:
        return found
    needs = whole_rows(effect.rows * (times - 1)), whole_rows(effect.clusters * (times - 1))
    return replace(found, needs=needs[0], needs_clusters=needs[1])
