"""Whether a holdout can be scored several times: what a model says beside `repeats:`."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.draft import Check, Draft
from ml_ci.spec.entry_shape import PartShape
from ml_ci.spec.problems import Problem


def _beside_seeds(model: Draft) -> Iterator[Problem]:
    if model.keys.repeats > 1 and model.keys.seeds > 1:
        message = (
            "each of the seeds' models is scored by itself, so that what scoring moves is in their spread already; "
            "remove repeats, or seeds"
        )
        yield Problem(model.place("repeats"), message)


def _beside_folds(model: Draft) -> Iterator[Problem]:
    holdout = model.keys.data.holdout
    if model.keys.repeats > 1 and isinstance(holdout, PartShape) and holdout.folds is not None:
        message = "folds share their training rows, so that no spread of theirs is known; keep a share of the rows"
        yield Problem(model.place("repeats"), f"{message} as holdout, or remove repeats")


def _beside_weight(model: Draft) -> Iterator[Problem]:
    if model.keys.repeats > 1 and model.keys.weight is not None:
        message = "what repetitions add to the evidence of weighted rows is not known yet; remove repeats, or weight"
        yield Problem(model.place("repeats"), message)


def _beside_anytime(model: Draft) -> Iterator[Problem]:
    if model.keys.repeats > 1 and model.keys.method == "anytime":
        message = "e-values know no spread between repetitions; leave method: out, or remove repeats"
        yield Problem(model.place("repeats"), message)


def _beside_audit(model: Draft) -> Iterator[Problem]:
    if model.keys.repeats > 1 and model.keys.card.audit is not None:
        message = "a bias audit counts each person once, and repetitions count several answers; remove one of them"
        yield Problem(model.place("repeats"), message)


def _without_model(model: Draft) -> Iterator[Problem]:
    outputs = model.keys.outputs
    if model.keys.repeats > 1 and outputs is not None and outputs.predictions is not None:
        message = (
            "the command of run leaves predictions, so that there is nothing to score again without training; have it "
            "leave a model (outputs: {model: PATH}) and score with predict: {run: ...}, or remove repeats"
        )
        yield Problem(model.place("repeats"), message)


# The keys that a check reads, and the check.
REPEATS_CHECKS: tuple[tuple[str, Check], ...] = (
    ("repeats seeds", _beside_seeds),
    ("repeats data", _beside_folds),
    ("repeats weight", _beside_weight),
    ("repeats method", _beside_anytime),
    ("repeats card", _beside_audit),
    ("repeats outputs", _without_model),
)
