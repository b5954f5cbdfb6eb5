"""Look for rows that may not be independent, where the model asks for proof and nobody says which belong together."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.evaluation.clusters import Clusters
from ml_ci.evaluation.count import count
from ml_ci.evaluation.evaluate import Holdout, holdout_of
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.moments import count_clusters
from ml_ci.evaluation.repeated import join, stack
from ml_ci.evaluation.scores import FILE, Predictions, load
from ml_ci.evaluation.stream import is_large
from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.question import questions
from ml_ci.gates.recount import of_counts
from ml_ci.gates.statistics.design_effect import measure
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import of_gates
from ml_ci.plan.plan import PREDICTIONS, Plan
from ml_ci.spec.values import GateSpec, ModelSpec, PartEntry
from ml_ci.steps.working.workshop import Workshop
from ml_ci.suspicion.dependence import Dependence, say_copies, say_dependence
from ml_ci.tables.entities import count_copies, find_entities
from ml_ci.tables.pairing import keys
from ml_ci.tables.table import Table

# Columns that are looked into, and from which design effect on one is told that is not called like an id.
_MOST = 8
_TELLING = 1.5
_SHARE = 0.01  # of the rows that are copies
_ERRORS = (0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)  # of the candidate, by cell


def find_dependence(
    shop: Workshop, plan: Plan, case: Case, policy: Policy, results: Collection[GateResult]
) -> list[str]:
    """Say which column rows may belong together by, with the verdict that it would give, and how many are copies.

    Nothing where `cluster:` says which belong together, where no gate asks for proof, and of what cannot be read.
    """
    model = shop.sides.candidate.model
    if model.clustering is not None or not model.asks_proof or is_large(shop.holdout):
        return []
    said: list[str] = []
    with contextlib.suppress(UserError):
        said += _say_entity(shop, plan, case, policy, results)
        copies = count_copies(shop.holdout, _aside(model))
        if copies >= _SHARE * shop.holdout.rows:
            said.append(say_copies(copies, shop.holdout.rows))
    return said


def _aside(model: ModelSpec) -> set[str]:
    """Name the columns that are no fact of whom a row is of."""
    part = model.holdout
    cut = [one[0] for one in (part.where, part.after) if one is not None] if isinstance(part, PartEntry) else []
    return {model.label.strip(), *cut, *([model.weight] if model.weight else []), *([model.id] if model.id else [])}


def _say_entity(
    shop: Workshop, plan: Plan, case: Case, policy: Policy, results: Collection[GateResult]
) -> Iterator[str]:
    """Say it of the column whose rows err together most."""
    model = shop.sides.candidate.model
    found = find_entities(shop.holdout, _aside(model))[:_MOST]
    sides = _load(shop, plan) if found else None
    if sides is None:
        return
    holdout = holdout_of(shop.holdout, model)
    rows = _Rows.of(holdout if model.repeats == 1 else stack(holdout, model.repeats), *sides)
    looked = [(one, rows.group(shop.holdout, one.column)) for one in found]
    measured = [(one, grouping, measure(rows.count(grouping).all, _ERRORS, range(8))) for one, grouping in looked]
    telling = [one for one in measured if one[0].named or one[2].num > _TELLING * one[2].base]
    if not telling:
        return
    entity, grouping, effect = max(telling, key=lambda one: (one[0].named, one[2].ratio))
    asked = replace(case, comparison=replace(case.comparison, clusters=rows.count(grouping, slices=True)), own=None)
    gates = [gate for gate in model.gates if _is_of_counts(gate)]
    texts = {gate.text for gate in gates}
    again = [*judge(gates, asked, policy), *(one for one in results if one.condition not in texts)]
    counted = int(effect.rows), grouping.number
    was, now = of_gates(results), of_gates(again)
    yield say_dependence(Dependence(entity.column, *counted, effect.per_row, effect.effective_rows, was, now))


def _is_of_counts(gate: GateSpec) -> bool:
    return all(of_counts(question) for comparison in gate.condition.comparisons for question in questions(comparison))


def _load(shop: Workshop, plan: Plan) -> tuple[Predictions, Predictions | None] | None:
    """Give both sides' predictions; None where they were pruned."""
    found: list[Predictions | None] = []
    for side in (plan.candidate, plan.baseline):
        keys = () if side is None else side.scored
        records = [shop.project.store.find(PREDICTIONS, key) for key in keys]
        known = [load(record.file(FILE)) for record in records if record is not None]
        if len(known) < len(keys):
            return None
        found.append(join(known) if known else None)
    candidate, baseline = found
    return None if candidate is None else (candidate, baseline)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows that are counted, with what both sides decide."""

    holdout: Holdout
    candidate: NDArray[np.bool_]
    baseline: NDArray[np.bool_] | None

    @classmethod
    def of(cls, holdout: Holdout, candidate: Predictions, baseline: Predictions | None) -> _Rows:
        """Take the rows whose weight is not 0."""
        second = None if baseline is None else holdout.take(baseline).decision
        return cls(holdout, holdout.take(candidate).decision, second)

    def group(self, table: Table, column: str) -> Grouping:
        """Group the rows by a column; one without a value is nobody's."""
        missing = table.text(column) == ""
        codes = np.unique(keys(table, [column]), return_inverse=True)[1].reshape(-1).astype(np.int64)
        codes[missing] = codes.max() + 1 + np.arange(np.count_nonzero(missing))
        codes = codes if self.holdout.kept is None else codes[self.holdout.kept]
        codes = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
        own = self.holdout.grouping or Grouping()
        found = Grouping((column,), (), own.weight, codes, int(codes.max()) + 1, weights=own.weights)
        return replace(found, codes=np.tile(codes, own.repeats), rows=own.rows, repeats=own.repeats)

    def count(self, grouping: Grouping, *, slices: bool = False) -> Clusters:
        """Count the clusters of all rows, and of the slices where they are asked for."""
        arrays = (self.holdout.y_true, self.candidate, self.baseline)
        each = self.holdout.slices if slices else ()
        return count_clusters(grouping, count(*arrays, each), *arrays, each)
