"""Judge both sides by the base's yardstick too, where rows, labels or what is measured changed in a change.

Otherwise damaged labels would be judged by the damaged labels. Threshold, `predict` and `id` are a side's own and no
yardstick. What cannot be judged by the base's is `unjudged`, said, and decides nothing: an honest change may bring a
column that the base's rows do not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from ml_ci.changes.settings import evidence
from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.evaluate import CLASS, Holdout, compare, holdout_of
from ml_ci.evaluation.repeated import Repetitions, compare_repeated, join, stack
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.frozen import dataclass
from ml_ci.gates.differences import find_differences
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import of_gates
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.metrics import OF_JOB
from ml_ci.plan.plan import Plan
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging import looks
from ml_ci.steps.judging.yardsticks import settings
from ml_ci.steps.judging.yardsticks.asked import take_asked
from ml_ci.steps.judging.yardsticks.predicted import Predicted, predict, take_rows
from ml_ci.steps.judging.yardsticks.rows import BaseRows, find_base_rows
from ml_ci.steps.planning.decide import vary_repetition
from ml_ci.steps.planning.folds import count_folds
from ml_ci.steps.values import Side
from ml_ci.steps.working.behave import add_behaviours_of_rows
from ml_ci.steps.working.compare import name_metrics
from ml_ci.steps.working.score import measure_own
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.parts import select
from ml_ci.tables.table import Table
from ml_ci.training.values import Measured

# What candidate and baseline predict for the same rows.
Pair: TypeAlias = tuple[Predictions, Predictions]


def judge_by_base(
    shop: Workshop, plan: Plan, comparison: Comparison, own: tuple[GateResult, ...], policy: Policy
) -> tuple[Yardstick, ...]:
    """Give both yardsticks with their verdicts, the change's own first; () where the change brings none of its own."""
    base, model = shop.sides.baseline, shop.sides.base
    if base is None or model is None or plan.baseline is None or not may_differ(shop.sides.candidate, base, model):
        return ()
    said = tuple(_settings_changed(shop.sides.candidate, base, model))
    source = f"the base {(base.commit or '')[:7]}"
    try:
        rows = find_base_rows(shop, base, model)
        changed = (*_rows_said(rows), *said)
        if not changed:
            return ()
        found = _judge(shop, plan, base, model, rows, policy, comparison)
    except (UserError, StageFailed) as error:
        message = error.message if isinstance(error, UserError) else error.failure.message
        found, changed = Yardstick(source, "unjudged", reason=message), said or ("the rows of the holdout",)
    counts = comparison.candidate.confusion
    mine = Yardstick(
        OWN,
        of_gates(own),
        own,
        counts.rows,
        candidate=counts,
        baseline=comparison.baseline.confusion if comparison.baseline else None,
    )
    return mine, replace(found, source=source, changed=changed)


def may_differ(candidate: Side, base: Side, model: ModelSpec) -> bool:
    """Say whether fingerprints leave it open that rows, labels or what is measured differ; no table is read."""
    now, was = candidate.fingerprint, base.declared
    return (now.asked, now.parts.get("data.holdout")) != (was.asked, was.parts.get("data.holdout")) or (
        candidate.model.holdout != model.holdout or evidence(candidate.model) != evidence(model)
    )


def _settings_changed(candidate: Side, base: Side, model: ModelSpec) -> Iterator[str]:
    named = list(settings.name_changes(candidate.model, model))
    yield from named
    same = settings.measure_by(candidate.model, model) == candidate.model
    if not named and model.metrics and same and candidate.fingerprint.asked != base.declared.asked:
        yield "the code of `metrics`"


def _rows_said(rows: BaseRows) -> Iterator[str]:
    for number, what in (
        (rows.relabelled, "with another label"),
        (rows.removed, "removed"),
        (rows.added, "added"),
        (rows.regrouped, "in other groups or with other weights"),
    ):
        if number:
            yield f"{number:,} {'row' if number == 1 else 'rows'} {what}"
    if rows.moved and not (rows.relabelled or rows.removed or rows.added or rows.regrouped):
        yield "rows of the holdout are trained on"


def _judge(
    shop: Workshop,
    plan: Plan,
    base: Side,
    declared: ModelSpec,
    rows: BaseRows,
    policy: Policy,
    comparison: Comparison,
) -> Yardstick:
    """Judge the change's gates on the base's rows that neither side was trained on and both can score."""
    candidate = shop.sides.candidate
    model = settings.measure_by(candidate.model, declared)
    alike = (model.label, model.positive) == (candidate.model.label, candidate.model.positive)
    assert plan.baseline is not None  # noqa: S101 - by_base has looked
    first = [predict(shop, one, model, rows, alike=alike) for one in vary_repetition(candidate.model, candidate)]
    second = first
    if plan.baseline != plan.candidate:
        second = [predict(shop, one, model, rows, alike=alike) for one in vary_repetition(candidate.model, base)]
    table, pairs = _together(shop, rows, first, second)
    known, left = _columns(model, table)
    compared, holdout = _compare(shop, base, known, table, pairs, comparison)
    if any(gate.condition.behaviours for gate in known.gates):
        compared = add_behaviours_of_rows(shop, plan, compared, take_asked(shop, table, known))
    scores = _Scores.of(holdout, pairs)
    case = Case(
        comparison=compared,
        same=plan.baseline.training == plan.candidate.training,
        cost=None if model.cost is None else (model.cost.fp, model.cost.fn),
        predictions=scores,
        row_clusters=None if compared.clusters is None else scores,
        folds=count_folds(candidate.model),
    )
    results = (*(_never_an_error(one) for one in judge(known.gates, case, policy)), *left)
    if any(one.anew for one in (*first, *second)):
        looks.note_base_look(shop, plan, table, of_gates(results))
    return Yardstick(
        "",
        of_gates(results),
        results,
        table.rows,
        rows.table.rows - table.rows,
        candidate=compared.candidate.confusion,
        baseline=compared.baseline.confusion if compared.baseline else None,
        differences=replace(find_differences(case, policy), slices={}),
    )


def _together(
    shop: Workshop, rows: BaseRows, first: Sequence[Predicted], second: Sequence[Predicted]
) -> tuple[Table, list[Pair]]:
    """Give the rows that both sides score as a table of their own, with what each predicts for them: a pair for each
    repetition.
    """
    places = reduce(np.intersect1d, [one.places for one in (*first, *second)])
    if not len(places):
        raise UserError("no row of the base's holdout is left that neither side was trained on and both can score")
    table = rows.table
    if len(places) < table.rows:
        mask = np.zeros(table.rows, np.bool_)
        mask[places] = True
        out = shop.work / "base-holdout-kept" / table.path.name
        select(table, mask, out, python=shop.python(shop.sides.candidate))
        names = None if table.layout.header or table.layout.parquet else table.names
        table = Table.open(out, names, shown=table.shown)
    return table, [(take_rows(one, places), take_rows(other, places)) for one, other in zip(first, second, strict=True)]


def _columns(model: ModelSpec, table: Table) -> tuple[ModelSpec, tuple[GateResult, ...]]:
    """Leave out slices and gates by columns that the base's rows do not have; such a gate is not judged."""

    def lacking(columns: tuple[str, ...]) -> list[str]:
        return [name for name in columns if name != CLASS and not table.has(name)]

    gone = {
        gate.text: names
        for gate in model.gates
        if (names := [name for columns in gate.condition.columns for name in lacking(columns)])
    }
    left = tuple(
        GateResult(text, "unjudged", reason=f"The base's rows have no column `{names[0]}`")
        for text, names in gone.items()
    )
    gates = tuple(gate for gate in model.gates if gate.text not in gone)
    slices = tuple(one for one in model.slices if not lacking(one.columns))
    return replace(model, gates=gates, slices=slices), left


def _compare(
    shop: Workshop,
    base: Side,
    model: ModelSpec,
    table: Table,
    pairs: Sequence[Pair],
    own: Comparison,
) -> tuple[Comparison, Holdout]:
    holdout = holdout_of(table, model)
    sides, known = (shop.sides.candidate, base), (own.candidate, own.baseline or own.candidate)
    extras = [[_of_job(one) for one in known] for _ in pairs]
    if model.weight is None:  # a metric of the user's does not know the weights
        for place, (pair, extra) in enumerate(zip(pairs, extras, strict=True)):
            for one, side, found in zip(extra, sides, pair, strict=True):
                again = replace(side, repetition=place)
                one.update(_own(measure_own(shop, again, base, holdout.y_true, found, "base-metrics")))
    wanted = name_metrics(model)
    if len(pairs) == 1:
        [pair], [(first, second)] = pairs, extras
        compared = compare(holdout, *pair, price=model.cost, extra=first, baseline_extra=second, wanted=wanted)
        return compared, holdout
    both = [Repetitions(tuple(pair[side] for pair in pairs), tuple(extra[side] for extra in extras)) for side in (0, 1)]
    compared = compare_repeated(holdout, *both, price=model.cost, wanted=wanted, distinct=model.asks_proof)
    return compared, stack(holdout, len(pairs))


def _own(found: Measured | None) -> Mapping[str, float | None]:
    return {} if found is None else found.values


def _of_job(known: Evaluation) -> dict[str, float | None]:
    """Give the facts of the job, which depend on no row."""
    return {name: value for name, value in known.metrics.items() if name in OF_JOB}


def _never_an_error(result: GateResult) -> GateResult:
    """Leave unjudged what has no value on the base's rows: that is no fault of the change."""
    return replace(result, verdict="unjudged") if result.verdict == "error" else result


@dataclass(frozen=True, eq=False)
class _Scores:
    """The scores of the base's rows, for gates that counts do not answer, with each row's cluster and weight."""

    y_true: Any
    candidate: Any
    baseline: Any
    clusters: Any
    weights: Any

    @classmethod
    def of(cls, holdout: Holdout, pairs: Sequence[Pair]) -> _Scores:
        """Take the scores of the rows that are counted, of all repetitions below each other."""
        sides = (join([pair[side] for pair in pairs]) for side in (0, 1))
        first, second = (holdout.take(one).within_one() for one in sides)
        codes = None if holdout.grouping is None else holdout.grouping.codes
        return cls(holdout.y_true, first, second, codes, holdout.weights)
