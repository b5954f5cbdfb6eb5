"""Judge the gates of one model, and keep the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ml_ci.changes.values import Change
from ml_ci.evaluation.values import Comparison
from ml_ci.plan.plan import PREDICTIONS, VERDICTS, Plan
from ml_ci.records.codec import pack
from ml_ci.spec.values import GateSpec, ModelSpec
from ml_ci.steps.compare import load_predictions
from ml_ci.steps.judged import Judged
from ml_ci.steps.values import Sides
from ml_ci.steps.workshop import Workshop

if TYPE_CHECKING:
    from ml_ci.gates.evidence import Case


def judged(shop: Workshop, plan: Plan, comparison: Comparison, changes: tuple[Change, ...]) -> Judged:
    """Judge every gate of the model and keep the verdict under its key."""
    from ml_ci.gates.judge import judge

    model = shop.sides.candidate.model
    results = judge(model.gates, case(shop, plan, comparison), policy(model))
    verdict = Judged(comparison, results, changes, _notes(shop.sides))
    with shop.project.store.draft() as draft:
        shop.project.store.keep(draft, VERDICTS, plan.verdict, {"model": model.name, "judged": pack(verdict)})
    return verdict


def case(shop: Workshop, plan: Plan, comparison: Comparison) -> Case:
    """Put together what gates are judged on."""
    from ml_ci.gates.evidence import Case

    model, sides = shop.sides.candidate.model, shop.sides
    return Case(
        comparison=comparison,
        no_baseline=sides.no_baseline,
        same=plan.baseline is not None and plan.baseline.training == plan.candidate.training,
        cost=None if model.cost is None else (model.cost.fp, model.cost.fn),
        predictions=StoredScores(shop, plan),
    )


def policy(model: ModelSpec) -> Any:
    """Say how strictly a model's gates are judged."""
    from ml_ci.gates.evidence import Policy

    return Policy(model.confidence, model.method, model.min_rows, model.seed)  # type: ignore[arg-type]


def extra_gates(model: ModelSpec, conditions: tuple[str, ...]) -> tuple[GateSpec, ...]:
    """Parse further gates, as a test in Python gives them; ConditionError for what is no condition."""
    from ml_ci.conditions import parse

    return tuple(GateSpec(text, parse(text, tuple(model.metrics))) for text in conditions)


@dataclass(frozen=True)
class StoredScores:
    """Read labels and scores of the holdout's rows when a gate asks for them: counts answer most."""

    shop: Workshop = field(repr=False)
    plan: Plan = field(repr=False)

    @cached_property
    def y_true(self) -> Any:
        """Which rows are positive, bool of shape (rows,)."""
        from ml_ci.evaluation.labels import read_labels

        model = self.shop.sides.candidate.model
        return read_labels(self.shop.holdout, model.label, model.positive).y_true

    @cached_property
    def candidate(self) -> Any:
        """The candidate's scores, float64 of shape (rows,)."""
        return self._scores(self.plan.candidate.predictions)

    @cached_property
    def baseline(self) -> Any | None:
        """The baseline's scores, float64 of shape (rows,); None without a baseline."""
        return None if self.plan.baseline is None else self._scores(self.plan.baseline.predictions)

    def _scores(self, key: str) -> Any:
        from ml_ci.steps.score import scored

        record = self.shop.project.store.find(PREDICTIONS, key)
        if record is None:  # pruned, or damaged: made again
            side, keys = self._side(key)
            record = scored(self.shop, side, keys)
        return load_predictions(record).within_one()

    def _side(self, key: str) -> Any:
        if key == self.plan.candidate.predictions:
            return self.shop.sides.candidate, self.plan.candidate
        return self.shop.sides.baseline, self.plan.baseline


def _notes(sides: Sides) -> tuple[str, ...]:
    return sides.candidate.fingerprint.warnings
