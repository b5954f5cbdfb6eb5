"""The holdout row by row, and gates beyond those of `ml-ci.yaml`: what a test in Python asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.scores import Predictions
from ml_ci.frozen import dataclass
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.steps.judging.judge import make_case, make_policy, parse_gates
from ml_ci.steps.judging.looks import find_standing
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.behave import add_behaviours
from ml_ci.steps.working.compare import compare_sides, load_predictions
from ml_ci.steps.working.score import score_side
from ml_ci.steps.working.seeds import add_seeds
from ml_ci.steps.working.workshop import open_workshop
from ml_ci.tables.table import Table


@dataclass(frozen=True)
class HoldoutTable:
    """The holdout as a table: its `path` (None when it was cut out of another entry), column names, number of rows."""

    path: Path | None
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, eq=False)
class Scored:
    """The holdout with what both sides predicted, everything in the holdout's order.

    `y_true` is bool of shape (rows,); `baseline` is None without one, `no_baseline` then says why. `weights` are the
    rows of the population that each row stands for, float64 of shape (rows,); None where each counts as one.
    """

    holdout: HoldoutTable
    y_true: Any
    candidate: Predictions
    baseline: Predictions | None
    no_baseline: str | None
    texts: dict[str, Any]
    weights: Any = None

    def column(self, name: str) -> Any:
        """Give a column of the holdout as trimmed texts, shape (rows,); KeyError when there is none."""
        return self.texts[name]


def score_holdout(project: Project, sides: Sides) -> Scored:
    """Read the holdout and the predictions; train and score what no record answers."""
    with open_workshop(project, sides) as shop:
        candidate = score_side(shop, sides.candidate)
        baseline = None
        if sides.baseline is not None:
            with blaming_baseline(sides.baseline):
                baseline = score_side(shop, sides.baseline)
        table, model = shop.holdout, sides.candidate.model
        return Scored(
            holdout=HoldoutTable(_own(project, sides.candidate, table), table.names, table.rows),
            y_true=read_labels(table, model.label, model.positive).y_true,
            candidate=load_predictions(candidate),
            baseline=None if baseline is None else load_predictions(baseline),
            no_baseline=sides.no_baseline,
            texts={name: table.text(name) for name in table.names},
            weights=None if model.weight is None else table.numbers(model.weight),
        )


def judge_conditions(project: Project, sides: Sides, conditions: tuple[str, ...]) -> tuple[GateResult, ...]:
    """Judge conditions by the counts that a run leaves; slices that they name are counted as those of the model are."""
    gates = parse_gates(sides.candidate.model, conditions)
    model = replace(sides.candidate.model, gates=(*sides.candidate.model.gates, *gates))
    asked = replace(sides, candidate=replace(sides.candidate, model=model))
    plan = plan_work(project, asked)
    with open_workshop(project, asked) as shop:
        comparison = add_seeds(project, asked, compare_sides(shop, plan))
        if any(gate.condition.behaviours for gate in gates):
            comparison = add_behaviours(shop, plan_work(project, shop.sides), comparison)
        shop.resolve()
        plan = plan_work(project, shop.sides)
        return judge(gates, make_case(shop, plan, comparison), make_policy(model, find_standing(shop, plan)))


def _own(project: Project, side: Side, table: Table) -> Path | None:
    return table.path if table.path.is_relative_to(project.folder) and ".ml_ci" not in table.path.parts else None
