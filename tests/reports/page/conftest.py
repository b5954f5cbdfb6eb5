"""Reports with everything that a page draws: scores are made up, all else is counted and judged as in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_ci.changes.drift import ColumnDrift
from ml_ci.changes.values import Change
from ml_ci.conditions import parse
from ml_ci.evaluation.evaluate import Holdout, compare
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.slices import Slices
from ml_ci.evaluation.values import Evaluation, Shown
from ml_ci.gates.differences import find_differences
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.verdict import overall
from ml_ci.reports.values import BehaviourReport, Broken, Deed, ModelReport, Report, Side
from ml_ci.spec.values import Cost, GateSpec

HEAD, BASE = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567", "3f2c1ab8d9e0f1a2b3c4d5e6f708192a3b4c5d6e"
GATES = ("fnr <= baseline.fnr + 0.02", "fpr <= 0.05", "each(fnr, by=region) <= 0.4")
Bools, Floats = NDArray[np.bool_], NDArray[np.float64]


def scores(rows: int, seed: int, worse: float) -> tuple[Bools, Floats, Floats]:
    """Give labels, and the scores of candidate and baseline: the candidate's are lower by `worse`."""
    made = np.random.default_rng(seed)
    truth = made.random(rows) < 0.37
    base = np.where(truth, 1.9, -2.1) + made.normal(0, 1.25, rows)
    new = base - worse + made.normal(0, 0.5, rows)
    return truth, 1 / (1 + np.exp(-new)), 1 / (1 + np.exp(-base))


def predictions(score: Floats, threshold: float = 0.5) -> Predictions:
    return Predictions(score >= threshold, "probability", score)


def model(
    name: str = "tumours",
    *,
    rows: int = 1_200,
    seed: int = 7,
    worse: float = 1.2,
    regions: Sequence[str] = ("north", "south", "east", "west"),
    gates: Sequence[str] = GATES,
    confidence: float | None = 0.95,
    alone: bool = False,
) -> ModelReport:
    """Give a model that was judged on made-up rows."""
    truth, new, old = scores(rows, seed, worse)
    codes = np.random.default_rng(seed + 1).integers(0, len(regions), rows).astype(np.int32)
    holdout = Holdout(Labels(truth, np.zeros(0, np.int32), ()), (Slices("region", codes, tuple(regions)),))
    found = compare(holdout, predictions(new), None if alone else predictions(old), stated=(0.5, 0.5))
    policy = Policy(confidence)
    case = Case(found, None if not alone else "new model", cost=(5.0, 120.0))
    judged = judge([GateSpec(text, parse(text)) for text in gates], case, policy)
    base = None if found.baseline is None else _side(found.baseline, "merge-base 3f2c1ab")
    details = ("`radius` drifted most (PSI 0.31)", "`texture` has 12 new missing values")
    return ModelReport(
        overall([gate.verdict for gate in judged]),
        "train",
        (Change("data.train", "4,601 → 5,804 rows (+1,203), positives 39% → 31%", details),),
        _side(found.candidate),
        base,
        judged,
        cost=Cost(5.0, 120.0, "USD"),
        paths={"data.train": "data/train.csv"},
        done=(Deed("train", "candidate", name, 12.3), Deed("score", "candidate", name, 0.2)),
        differences=find_differences(case, policy),
        behaviours=BEHAVIOURS,
        pictures=replace(found.pictures, drift=DRIFT) if found.pictures else None,
    )


def _side(of: Evaluation, source: str | None = None) -> Side:
    return Side("r" * 16, of.confusion, of.metrics, of.slices, source, "reuse" if source else "train")


SHOWN = Shown("row 17: `radius` 14.2 → 14.3 changes the answer from 0.61 to 0.38", ("17", "radius=14.3"))
BEHAVIOURS = {
    "rounding": BehaviourReport(
        "same", "same: {radius: ± 1%}", 1_200, Broken(1_200, 31), Broken(1_200, 12), shown=SHOWN
    ),
    "older is no safer": BehaviourReport("rises", "rises: age", 1_200, Broken(800, 0), Broken(800, 0), certain=True),
}


DRIFT = (
    ColumnDrift("data.train", "radius", 0.071, 0.0006, True, (14.12, 13.4)),
    ColumnDrift("data.train", "texture", 0.0131, 0.0006, True, (19.28, 19.4)),
    ColumnDrift("data.train", "clinic", 0.0042, 0.0001, True),
    *(ColumnDrift("data.train", f"column {at}", 0.0004, 0.0006, False, (1.0, 1.0)) for at in range(27)),
)


def report(*names: str, **more: object) -> Report:
    """Give the report of models of these names; each is judged on rows of its own."""
    models = {one: model(one, seed=7 + at, **more) for at, one in enumerate(names)}  # type: ignore[arg-type]
    return Report(overall([one.verdict for one in models.values()]), HEAD, BASE, models, config="ml-ci.yaml")


def six_models() -> Report:
    """Two fail, four pass; each has 100 slices."""
    regions = [f"store {number:03}" for number in range(100)]
    gates = ("fnr <= baseline.fnr + 0.05", "fpr <= 0.1")
    shifts = {"churn": 1.2, "fraud": 0.9, "returns": 0.0, "leads": -0.1, "spam": -0.02, "triage": -0.2}
    models = {
        name: model(name, rows=20_000, seed=at, worse=worse, regions=regions, gates=gates)
        for at, (name, worse) in enumerate(shifts.items())
    }
    return Report(overall([one.verdict for one in models.values()]), HEAD, BASE, models, config="ml-ci.yaml")


def hundred_slices() -> Report:
    return report("demand", rows=9_000, regions=[f"store {number:03}" for number in range(100)], gates=GATES[:2])


DRAWN: dict[str, Callable[[], Report]] = {
    "drawn_fail": lambda: report("tumours"),
    "drawn_zero": lambda: report("tumours", rows=228, worse=3.5),
    "drawn_pass": lambda: report("tumours", worse=0.0, rows=4_000, gates=("fnr <= 0.2", "fpr <= 0.1")),
    "drawn_inconclusive": lambda: report("tumours", rows=180, worse=0.1),
    "drawn_alone": lambda: report("tumours", worse=0.0, alone=True, gates=("fpr <= 0.2", "fnr <= 0.2")),
    "six_models": six_models,
    "hundred_slices": hundred_slices,
}


@pytest.fixture
def drawn() -> dict[str, Callable[[], Report]]:
    """Give every report with pictures by name."""
    return DRAWN
