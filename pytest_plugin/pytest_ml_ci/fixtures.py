"""The values of the fixtures `candidate`, `baseline` and `holdout`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ml_ci.errors import Failure
from pytest_ml_ci.holdout import Holdout
from pytest_ml_ci.marks import how_to_mark
from pytest_ml_ci.measured import Measured
from pytest_ml_ci.run import MARKED, RUN, Run

if TYPE_CHECKING:
    from ml_ci.evaluation.scores import Predictions
    from ml_ci.reports.values import Side
    from ml_ci.steps.examination.rows import Scored


def candidate_of(request: pytest.FixtureRequest) -> Measured:
    """Give the candidate; fails the test when the model cannot be had."""
    run, model = _asked(request)
    scored = _scored(request, run, model)
    side = run.results.report(model).models[model].candidate
    return _measured(f"candidate of {model}", run, model, scored, scored.candidate, side)


def baseline_of(request: pytest.FixtureRequest) -> Measured:
    """Give the baseline. Skips while the model is new; fails where `baseline: none` leaves nothing to compare with."""
    run, model = _asked(request)
    scored = _scored(request, run, model)
    if scored.baseline is None:
        if "none" in (run.results.options.baseline, run.spec.models[model].baseline):
            pytest.fail(f"{model} has `baseline: none`: a test of it cannot ask for the baseline.", pytrace=False)
        pytest.skip(f"{model}: {scored.no_baseline}; there is no baseline to compare with")
    side = run.results.report(model).models[model].baseline
    return _measured(f"baseline of {model}", run, model, scored, scored.baseline, side)


def holdout_of(request: pytest.FixtureRequest) -> Holdout:
    """Give the holdout."""
    run, model = _asked(request)
    return run.holdout(model, _scored(request, run, model))


def _asked(request: pytest.FixtureRequest) -> tuple[Run, str]:
    run = request.config.stash[RUN]
    marked = request.node.stash.get(MARKED, None)
    if marked is None:
        pytest.fail(f"the fixture `{request.fixturename}` needs a model. {how_to_mark(run.spec)}", pytrace=False)
    return run, marked.model


def _scored(request: pytest.FixtureRequest, run: Run, model: str) -> Scored:
    scored = run.results.scored(model)
    if isinstance(scored, Failure):
        pytest.fail(run.failure_text(request.node, model, scored), pytrace=False)
    return scored


def _measured(
    title: str, run: Run, model: str, scored: Scored, predictions: Predictions, side: Side | None
) -> Measured:
    whole = side.metrics if side else {}
    price = run.spec.models[model].cost
    return Measured(title, run.holdout(model, scored), scored.y_true, predictions, price, whole, scored.weights)
