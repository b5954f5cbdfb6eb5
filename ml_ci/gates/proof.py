"""What the data prove about one question: which statistical method answers it, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.confusion import Paired
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.forms import cancels, margin
from ml_ci.gates.level import Level
from ml_ci.gates.metrics import is_proportion, share
from ml_ci.gates.pairs import pairs
from ml_ci.gates.question import Question, twin
from ml_ci.gates.view import View
from ml_ci.metrics import COUNTS, OF_CELLS, OF_COST, OF_JOB, TABLE, find

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence

CERTAIN = "certain"
UNPROVABLE = "unprovable"


def route(question: Question, view: View) -> str:
    """Choose how a question is answered.

    `certain`: no sampling error, the measured numbers decide. `limit`: Clopper-Pearson. `paired`: Tango's score test,
    exact bounds or e-values. `slices`: bounds of every slice. `counts`: resamples of the four counts. `scores`:
    resamples of the scored rows. `own`: the user's metrics on resampled rows. `unprovable`: a form without a method.
    """
    atoms = [atom for atom, _ in (*question.candidate.weights, *question.limit.weights)]
    if all(_is_certain(atom) for atom in atoms) or view.case.certain or is_same(question, view):
        return CERTAIN
    if len(question.behaviours) > 1:
        return UNPROVABLE  # of rows that are not the same
    names = [atom.key for atom in atoms]
    columns = {atom.by for atom in atoms if isinstance(atom, OverSlices) and atom.function != "each"}
    if columns:
        return _route_over_slices(question, atoms, columns, names)
    single = question.single
    if single is not None and is_proportion(single.key) and not question.relative:
        return "limit"
    if single is not None and _is_paired(single.key) and margin(question) is not None and view.paired() is not None:
        return "paired"
    return _route_of_mixture(names, question, view)


def is_same(question: Question, view: View) -> bool:
    """Say whether a relative question is put to one model on both sides, and the measured numbers bear it out.

    The same training with another threshold or other predict code decides differently: that is not the same.
    """
    if not (view.case.same and question.relative and cancels(question)):
        return False
    alike = all(view.value(atom) == view.value(twin(atom)) for atom, _ in question.limit.weights)
    return alike and not _discordant(view.paired())


def prove(question: Question, view: View, level: Level) -> Evidence:
    """Answer a question that `route` finds provable; KeyError for another one.

    UnprovableError where rows belong together, or weigh unlike, and what a proof needs of that was not kept.
    """
    return {
        "limit": _by_limit,
        "paired": _by_pairs,
        "slices": _by_slices,
        "counts": _by_counts,
        "scores": _by_scores,
        "own": _by_own,
    }[route(question, view)](question, view, level)


def prove_each(question: Question, views: Sequence[View], level: Level) -> dict[str | None, tuple[str, Evidence]]:
    """Answer one question on many slices at once: the way of each slice, as `route` chooses it, and its answer.

    Those whose method takes no columns are left to `prove`.
    """
    by_route: dict[str, list[View]] = {}
    for view in views:
        with suppress(UndefinedError, UnprovableError):
            view.moments()
            by_route.setdefault(route(question, view), []).append(view)
    answers = {"limit": _by_limits, "paired": _by_many_pairs}
    return {
        view.slice: (way, evidence)
        for way, several in by_route.items()
        if way in answers
        for view, evidence in zip(several, answers[way](question, several, level), strict=True)
    }


def rows_of(question: Question, view: View, way: str) -> tuple[int, str]:
    """Give the number and the kind of the rows that the proof by `way` rests on: (214, "positives")."""
    counts, single = view.confusion(False), question.single
    if single is None or way not in ("limit", "paired"):
        return counts.rows, "rows"
    return int(share(counts, single.key)[1]), TABLE[single.key].of


def _by_limit(question: Question, view: View, level: Level) -> Evidence:
    return _by_limits(question, [view], level)[0]


def _by_limits(question: Question, views: Sequence[View], level: Level) -> Sequence[Evidence]:
    if views[0].clusters is not None:
        from ml_ci.gates import clustered

        return clustered.judge_rates(question, views, level)
    from ml_ci.gates.statistics import limits

    name = question.candidate.weights[0][0].key
    parts, wholes = zip(*(share(view.confusion(False), name) for view in views), strict=True)
    judge = limits.rates_at_most if question.upper else limits.rates_at_least
    return judge(parts, wholes, float(question.limit.constant), level.alpha)


def _by_pairs(question: Question, view: View, level: Level) -> Evidence:
    return _by_many_pairs(question, [view], level)[0]


def _by_many_pairs(question: Question, views: Sequence[View], level: Level) -> Sequence[Evidence]:
    allowed = float(margin(question) or Fraction(0))
    if views[0].asked > 1 and level.method == "anytime":
        from ml_ci.gates.statistics.values import undecided

        return [undecided("anytime", "e-values know no spread between repetitions")] * len(views)
    if views[0].clusters is not None:
        from ml_ci.gates import clustered

        return clustered.judge_differences(question, views, level, allowed)
    from ml_ci.gates.statistics import paired

    name = question.candidate.weights[0][0].key
    crossed = [pairs(name, view.paired() or Paired()) for view in views]
    judge = paired.differences_at_most if question.upper else paired.differences_at_least
    columns = ([one.b for one in crossed], [one.c for one in crossed], [one.n for one in crossed])
    return judge(*columns, allowed, level.alpha, level.method)


def _by_slices(question: Question, view: View, level: Level) -> Evidence:
    if view.clusters is not None:
        from ml_ci.gates import clustered

        return clustered.judge_slices(question, view, level)
    from ml_ci.gates import over_slices

    atom = question.candidate.weights[0][0]
    assert isinstance(atom, OverSlices)  # noqa: S101 - route sends nothing else here
    kept, _ = view.kept(atom)
    parts = [share(counts, atom.metric) for counts in kept.values()]
    return over_slices.judge(atom, parts, float(question.limit.constant), question.upper, level.alpha)


def _by_counts(question: Question, view: View, level: Level) -> Evidence:
    from ml_ci.gates import resampled

    return resampled.judge_counts(question, view, level.alpha, level.seed)


def _by_scores(question: Question, view: View, level: Level) -> Evidence:
    from ml_ci.gates import resampled

    return resampled.judge_scores(question, view, level.alpha, level.seed)


def _by_own(question: Question, view: View, level: Level) -> Evidence:
    if view.asked > 1:
        raise UnprovableError("your own metric is not resampled over repetitions")
    from ml_ci.gates import resampled

    return resampled.judge_own(question, view, level.alpha)


def _route_over_slices(
    question: Question, atoms: list[Metric | OverSlices], columns: set[tuple[str, ...]], names: list[str]
) -> str:
    if question.single is not None and not question.relative and is_proportion(names[0]):
        return "slices"
    alike = len(columns) == 1 and all(isinstance(atom, OverSlices) and atom.function != "each" for atom in atoms)
    return "counts" if alike and all(name in OF_CELLS for name in names) else UNPROVABLE


def _route_of_mixture(names: list[str], question: Question, view: View) -> str:
    ready = view.paired() is not None or not question.relative
    if ready and all(_is_drawn_from_counts(name, view) for name in names):
        return "counts"
    if view.by is None and all(_is_scored(name) for name in names):
        return "scores"
    own = view.case.own
    return "own" if view.by is None and own is not None and all(name in own.names for name in names) else UNPROVABLE


def _is_drawn_from_counts(name: str, view: View) -> bool:
    return name in OF_CELLS or (name in OF_COST and view.case.cost is not None)


def _is_scored(name: str) -> bool:
    row = find(name)
    return row is not None and row.source == "scores"


def _is_paired(name: str) -> bool:
    row = find(name)
    return row is not None and row.paired


def _is_certain(atom: Metric | OverSlices) -> bool:
    """Say whether the holdout is no sample for it: counts, the share of positives, facts of the job."""
    return atom.key in COUNTS | OF_JOB or (atom.key == "prevalence" and atom.baseline)


def _discordant(paired: Paired | None) -> bool:
    cells = (paired.negatives, paired.positives) if paired else ()
    return any(one.candidate_only or one.baseline_only for one in cells)
