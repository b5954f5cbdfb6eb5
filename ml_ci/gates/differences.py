"""Which differences between candidate and baseline are more than noise: each has an interval, as a gate proves it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric
from ml_ci.evaluation.confusion import largest_move
from ml_ci.evaluation.values import Comparison, Spread
from ml_ci.gates import procedure, proof
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.finding import choose_level
from ml_ci.gates.level import Level
from ml_ci.gates.question import Question
from ml_ci.gates.values import MOST_SLICES, Difference, Differences
from ml_ci.gates.view import View
from ml_ci.metrics import OF_COST, TABLE

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence

# By slice column(s), value and metric.
Proofs: TypeAlias = "dict[tuple[str, str, str], Evidence]"

_OF_SLICES = ("fpr", "fnr")


def find_differences(case: Case, policy: Policy) -> Differences:
    """Tell each metric's difference on all rows, and FPR's and FNR's on the slices that moved furthest.

    Each by itself, at the level of a gate that asks for no confidence of its own. What both sides have alike needs no
    telling, and neither does what no test is known for, as of folds: they are left out.
    """
    if case.comparison.baseline is None or case.folds:
        return Differences()
    try:
        return Differences(dict(_of_metrics(case, policy)), _of_slices(case, policy))
    except ImportError:  # words beside the numbers are not worth scipy
        return Differences()


def _of_metrics(case: Case, policy: Policy) -> Iterator[tuple[str, Difference]]:
    names = [row.name for row in TABLE.values() if row.shown]
    names += [name for name in sorted(OF_COST) if case.cost is not None]
    view = View(case, policy.min_rows)
    for name in [*names, *_spreads(view)]:
        with suppress(UndefinedError, UnprovableError):
            question = _ask(name)
            if view.value(Metric(name)) != view.value(Metric(name, baseline=True)):
                yield name, _tell(question, view, choose_level(question, policy))


def _of_slices(case: Case, policy: Policy) -> Mapping[str, Mapping[str, Mapping[str, Difference]]]:
    """Tell the slices that moved furthest, as many questions at once: of a hundred slices some always look worse.

    By Benjamini and Hochberg (1995) over both rates of every slice. The intervals have the level that this leaves to
    what is told (Benjamini and Yekutieli 2005): just there they leave out 0.
    """
    chosen, level = _furthest(case.comparison), choose_level(_ask(_OF_SLICES[0]), policy)
    proofs: Proofs = {}
    if chosen and level is not None:
        from ml_ci.gates.statistics.holm import benjamini_hochberg

        number = len(_OF_SLICES) * sum(map(len, case.comparison.candidate.slices.values()))
        proofs = _prove_slices(case, policy, chosen, level)
        p_values = [2 * min(one.p_pass, one.p_fail) for one in proofs.values()]
        told = benjamini_hochberg([*p_values, *[1.0] * (number - len(p_values))], 2 * level.alpha)
        level = replace(level, alpha=level.alpha * max(int(told.sum()), 1) / number)
        proofs = _prove_slices(case, policy, chosen, level)
    found: dict[str, dict[str, dict[str, Difference]]] = {}
    for column, value in chosen:
        for name in _OF_SLICES:
            one = proofs.get((column, value, name))
            told_of = Difference() if one is None or level is None else _make(one.interval, level)
            found.setdefault(column, {}).setdefault(value, {})[name] = told_of
    return found


def _prove_slices(case: Case, policy: Policy, chosen: Sequence[tuple[str, str]], level: Level) -> Proofs:
    """Prove FPR's and FNR's differences on the chosen slices; by column, value and metric, where it can be."""
    found: Proofs = {}
    for column in dict.fromkeys(column for column, _ in chosen):
        by = tuple(column.split(","))
        views = [View(case, policy.min_rows, by, value) for own, value in chosen if own == column]
        for name in _OF_SLICES:
            by_slice = {view.slice: view for view in views}
            proven = {
                place: procedure.widen(one, _ask(name), by_slice[place], way, level.alpha)
                for place, (way, one) in proof.prove_each(_ask(name), views, level).items()
            }
            found |= {(column, value, name): one for value, one in proven.items() if value is not None}
    return found


def _furthest(comparison: Comparison) -> list[tuple[str, str]]:
    """Name the slices that moved furthest, by column and value."""
    before = {} if comparison.baseline is None else comparison.baseline.slices
    moves = [
        (largest_move(now, was), (column, value))
        for column, values in comparison.candidate.slices.items()
        for value, now in values.items()
        if (was := before.get(column, {}).get(value)) is not None
    ]
    return [slice_ for move, slice_ in sorted(moves, key=lambda one: -one[0])[:MOST_SLICES] if move]


def _ask(name: str) -> Question:
    """Ask whether a metric is at most the baseline's: what a margin of 0 would prove, either way."""
    candidate, baseline = (Linear(Fraction(0), ((Metric(name, side), Fraction(1)),)) for side in (False, True))
    return Question(candidate, baseline, "<=")


def _tell(question: Question, view: View, level: Level | None) -> Difference:
    """Tell one difference by the paired evidence of its rows; where that proves nothing, it has no interval."""
    if level is None:
        return Difference()
    name = question.candidate.weights[0][0].key
    spread = _spreads(view).get(name)
    if spread is not None:
        return _tell_by_spread(name, view, level, spread)
    way = proof.route(question, view)
    if way not in _OF_COUNTS:
        return Difference()
    try:
        proven = procedure.widen(proof.prove(question, view, level), question, view, way, level.alpha)
        return _make(proven.interval, level)
    except UnprovableError:  # which rows belong together was not kept
        return Difference()


# By pairs of rows, or by resamples of the counts; another way, or none, is not for these metrics.
_OF_COUNTS = ("paired", "counts")


def _spreads(view: View) -> Mapping[str, Spread]:
    """Give the spreads of the scores' metrics: clusters are in them, weights are not."""
    comparison = view.case.comparison
    return comparison.spreads if comparison.clusters is None or comparison.clusters.weight is None else {}


def _tell_by_spread(name: str, view: View, level: Level, spread: Spread) -> Difference:
    """Give Student's interval around the measured difference."""
    from ml_ci.gates.statistics.special import stdtrit

    measured = float(view.value(Metric(name))) - float(view.value(Metric(name, baseline=True)))
    reach = float(stdtrit(spread.rows - 1, 1 - level.alpha)) * spread.error
    reach = procedure.add_reach(reach, _ask(name), view, level.alpha)
    return _make((measured - reach - spread.above, measured + reach + spread.below), level)


def _make(interval: tuple[float, float] | None, level: Level) -> Difference:
    if interval is None or not all(map(math.isfinite, interval)):
        return Difference()
    return Difference(interval, round(1 - 2 * level.alpha, 12))
