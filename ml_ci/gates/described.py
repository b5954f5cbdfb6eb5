"""Say what the rows of one question are evidence of, where they belong together or weigh unlike."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.conditions.tree import OverSlices
from ml_ci.evaluation.clusters import ALL, Moments
from ml_ci.gates import cells, clustered, resampled_counts
from ml_ci.gates.question import Question
from ml_ci.gates.statistics.design_effect import Effect, find_class
from ml_ci.gates.together import Together, unit_of
from ml_ci.gates.view import View
from ml_ci.metrics import TABLE


def describe(question: Question, view: View, way: str) -> Together | None:
    """Describe the rows that the proof by `way` rests on; None where each is evidence by itself, and no other weighs.

    UnprovableError where that was not kept.
    """
    if way in ("limit", "paired"):
        return _of_rate(question, view, way)
    if way == "slices":
        return _of_slices(question, view)
    moments = view.moments()
    if moments is None:
        return None
    effect = resampled_counts.basis_of(question, view).effect if way == "counts" else None
    return None if _are_plain(view, [effect]) and effect else _of(view, moments, ALL, "rows", effect)


def _of_rate(question: Question, view: View, way: str) -> Together | None:
    name, moments = question.candidate.weights[0][0].key, view.moments()
    count = clustered.count_rate if way == "limit" else clustered.count_difference
    effect = count(view, name).effect
    if moments is None or _are_plain(view, [effect]):
        return None
    return _of(view, moments, cells.rate(name).cells, TABLE[name].of, effect)


def _of_slices(question: Question, view: View) -> Together | None:
    """Sum the slices up: the rows of each count by their own effect."""
    atom, moments = question.candidate.weights[0][0], view.moments()
    assert isinstance(atom, OverSlices)  # noqa: S101 - route sends nothing else here
    views = [view.of_slice(atom.by, name) for name in view.kept(atom)[0]]
    counted = [clustered.count_rate(one, atom.metric) for one in views]
    if moments is None or _are_plain(view, [one.effect for one in counted]):
        return None
    rows = sum(one.rows if one.effect is None else one.effect.rows for one in counted)
    effective = sum(one.rows for one in counted)
    found = _of(view, moments, cells.rate(atom.metric).cells, TABLE[atom.metric].of, None)
    return Together(
        int(rows), found.kind, found.clusters, found.unit, found.weight, rows / effective, effective, found.known
    )


def _of(view: View, moments: Moments, kept: frozenset[int], kind: str, effect: Effect | None) -> Together:
    clusters, place = view.clusters, find_class(kept)
    columns = clusters.columns if clusters is not None else ()
    weighs = clusters is not None and clusters.weight is not None
    several = clusters is not None and clusters.repeats > 1
    return Together(
        rows=sum(moments.rows[cell] for cell in kept),
        kind=f"answers for {kind}" if several else kind,
        clusters=clustered.real_clusters(view, moments, place) if columns or several else 0,
        unit=unit_of(columns) if columns or not several else "rows",
        weight=float(sum(moments.totals[cell] for cell in kept)) if weighs else None,
        design_effect=None if effect is None else effect.per_row,
        effective_rows=None if effect is None else effect.effective_rows,
        known=moments.known[place],
    )


def _are_plain(view: View, effects: Sequence[Effect | None]) -> bool:
    """Say whether each row is its own cluster, and counts as one."""
    weighs = view.clusters is not None and view.clusters.weight is not None
    return not weighs and all(effect is None or effect.alone for effect in effects)
