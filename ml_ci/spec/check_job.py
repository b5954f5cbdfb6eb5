"""Whether a model's job is whole: one way to train, what it leaves, what it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath

from ml_ci.frozen import dataclass
from ml_ci.spec.draft import Check, Draft, JobDraft
from ml_ci.spec.placeholders import placeholders
from ml_ci.spec.problems import Place, Problem, suggest

_EXAMPLE = "outputs: {predictions: '{out}/predictions.csv'}"


def _one_way_to_train(model: Draft) -> Iterator[Problem]:
    keys = model.keys
    if keys.train and keys.run:
        yield Problem(model.place("run"), "there is train: already; keep train: for a function or run: for a command")
    if not keys.train and not keys.run:
        message = 'there is no job; add "train: module:function" or "run: COMMAND" with outputs:'
        yield Problem(model.place(), message)


def _outputs(model: Draft) -> Iterator[Problem]:
    keys = model.keys
    outputs = keys.outputs
    if keys.run and not outputs:
        yield Problem(model.place("run"), f"nothing says what the command leaves behind; add {_EXAMPLE}")
    if keys.train and outputs and not keys.run:
        yield Problem(model.place("outputs"), "outputs: belong to run:; what a train: function returns is the model")
    if not outputs:
        return
    if not outputs.predictions and not outputs.model:
        yield Problem(model.place("outputs"), f"expected predictions, model or both, for example {_EXAMPLE}")
    elif outputs.predictions and outputs.model and normpath(outputs.predictions) == normpath(outputs.model):
        yield Problem(model.place("outputs", "model"), "the model and the predictions are one and the same file")
    for name in ("predictions", "model"):
        for found in re.findall(r"\{[^{}]*\}", getattr(outputs, name) or ""):
            if found != "{out}":
                yield Problem(
                    model.place("outputs", name), f"unknown placeholder {found}; here only {{out}} is filled in"
                )


def _predict_needs_a_model(model: Draft) -> Iterator[Problem]:
    if model.keys.predict and _predictions_only(model):
        message = (
            "there is no model for it to score: outputs: names predictions only; add outputs.model or remove predict"
        )
        yield Problem(model.place("predict"), message)


def _load_needs_a_model(model: Draft) -> Iterator[Problem]:
    if model.keys.load is None:
        return
    if model.keys.predict:
        yield Problem(model.place("load"), "predict: gets the model's file and loads it itself; keep one of the two")
    elif _predictions_only(model):
        message = "there is no model to load: outputs: names predictions only; add outputs.model or remove load"
        yield Problem(model.place("load"), message)


def _threshold_needs_scores(model: Draft) -> Iterator[Problem]:
    if model.keys.threshold.metric and _predictions_only(model):
        message = (
            "a threshold for a rate is chosen on scores of data.validation, and this command leaves predictions of the "
            "holdout only; add outputs.model with predict:, or write a number such as 0.5"
        )
        yield Problem(model.place("threshold"), message)


def _predictions_only(model: Draft) -> bool:
    outputs = model.keys.outputs
    return bool(model.keys.run and outputs and outputs.predictions and not outputs.model)


def _placeholders(model: Draft) -> Iterator[Problem]:
    known = Known(("holdout", *model.keys.data.files), tuple(model.keys.needs), model.keys.params is not None)
    for found, place in find_placeholders(model):
        yield from check_placeholder(found, place, known)
        if found == "data.holdout" and model.keys.outputs and not model.keys.outputs.predictions:
            message = (
                "{data.holdout} is given to a command that leaves predictions; one that leaves a model never sees it"
            )
            yield Problem(place, message)


@dataclass(frozen=True)
class Known:
    """What a command can ask for: `data` and `needs` by name, params; `whose` command it is."""

    data: tuple[str, ...]
    needs: tuple[str, ...]
    params: bool
    whose: str = "model"


def find_placeholders(draft: Draft | JobDraft) -> Iterator[tuple[str, Place]]:
    """Give the placeholders of a command, each once in a part, with their places."""
    command = draft.keys.run or ""
    parts = [command] if isinstance(command, str) else list(command)
    for index, part in enumerate(parts):
        place = draft.place("run") if isinstance(command, str) else draft.place("run", index)
        for found in dict.fromkeys(placeholders(part)):
            yield found, place


def check_placeholder(found: str, place: Place, command: Known) -> Iterator[Problem]:
    """Find what is wrong with one placeholder."""
    kind, _, name = found.partition(".")
    known = {"data": command.data, "needs": command.needs}.get(kind, ())
    if kind == "params" and not command.params:
        yield Problem(place, f"{{params}} cannot be filled in: the {command.whose} has no params:")
    elif (name and name not in known) or found.endswith("."):
        close = suggest(found, [f"{kind}.{one}" for one in known])
        hint = close or (
            f"; known are {', '.join(f'{{{kind}.{one}}}' for one in known)}"
            if known
            else f"; the {command.whose} has no {kind}:"
        )
        yield Problem(place, f"unknown placeholder {{{found}}}{hint}")


def _same_parameter(model: Draft) -> Iterator[Problem]:
    for index, name in enumerate(model.keys.needs):
        if name in {"holdout", *model.keys.data.files}:
            message = f"'{name}' is a data entry too, and the job could not tell them apart; rename the data entry"
            yield Problem(model.place("needs", index), message)


JOB_CHECKS: tuple[tuple[str, Check], ...] = (
    ("train run", _one_way_to_train),
    ("train run outputs", _outputs),
    ("predict run outputs", _predict_needs_a_model),
    ("load predict run outputs", _load_needs_a_model),
    ("threshold run outputs", _threshold_needs_scores),
    ("run data params needs outputs", _placeholders),
    ("needs data", _same_parameter),
)
