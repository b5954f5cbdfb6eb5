"""Whether a model's behaviours can be asked: their names, their columns, and a model that answers."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from ml_ci.metrics import METRICS
from ml_ci.spec.draft import Check, Draft
from ml_ci.spec.entry_shape import FileShape, PartShape
from ml_ci.spec.problems import Problem, show, suggest

_WORDS = METRICS | {"each", "worst", "gap", "ratio", "baseline", "candidate"}


def _names(model: Draft) -> Iterator[Problem]:
    for name in model.keys.behaviours:
        place = model.place("behaviours", name)
        if name in _WORDS:
            yield Problem(place, f"{show(name)} is a word of ml-ci's own; choose another name")
        elif name in model.keys.metrics:
            yield Problem(place, f"{show(name)} is a metric under metrics: already; choose another name")
        elif not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
            yield Problem(place, f"expected a name such as blind_to_sex, got {show(name)}")


def _columns(model: Draft) -> Iterator[Problem]:
    """Refuse what no model is asked with; whether the holdout has the columns is seen where the table is opened."""
    keys, known = model.keys, _listed(model)
    for name, one in keys.behaviours.items():
        for column in one.columns:
            place = model.place("behaviours", name)
            if column == keys.label.strip():
                yield Problem(place, f"{show(column)} is the label, which no model is given; name another column")
            elif known and column not in known:
                hint = suggest(column, known) or f"; columns are {', '.join(known)}"
                yield Problem(place, f"the holdout has no column {show(column)}{hint}")


def _listed(model: Draft) -> list[str]:
    """Give the columns of the holdout where `ml-ci.yaml` names them; [] where the table's header does."""
    holdout = model.keys.data.holdout
    source = model.keys.data.files.get(holdout.of) if isinstance(holdout, PartShape) else holdout
    return source.columns or [] if isinstance(source, FileShape) else []


def _a_model_answers(model: Draft) -> Iterator[Problem]:
    keys = model.keys
    if not keys.behaviours:
        return
    if keys.run and keys.outputs and not keys.outputs.model:
        message = "there is no model to ask: outputs: names predictions only; add outputs.model, and predict: with it"
        yield Problem(model.place("behaviours"), message)
    if isinstance(keys.data.holdout, PartShape) and keys.data.holdout.folds is not None:
        message = "behaviours ask one model, and folds train several; keep a share of the rows as holdout, or remove it"
        yield Problem(model.place("behaviours"), message)


def _twice(model: Draft) -> Iterator[Problem]:
    first: dict[object, str] = {}
    for name, one in model.keys.behaviours.items():
        earlier = first.setdefault(one, name)
        if earlier != name:
            yield Problem(model.place("behaviours", name), f"the same as {show(earlier)}; remove one of them")


def _cases_have_no_slices(model: Draft) -> Iterator[Problem]:
    cases = {name for name, one in model.keys.behaviours.items() if one.kind == "cases"}
    for index, gate in model.gates.items():
        for name in sorted(gate.condition.behaviours & cases if gate.condition.columns else ()):
            message = f"the cases of {show(name)} are no rows of the holdout and have no slices; write {name} <= 0"
            yield Problem(model.place("gates", index), f"in {show(gate.text)}: {message}")


BEHAVIOUR_CHECKS: tuple[tuple[str, Check], ...] = (
    ("behaviours metrics", _names),
    ("behaviours data label", _columns),
    ("behaviours run outputs data", _a_model_answers),
    ("behaviours", _twice),
    ("behaviours gates", _cases_have_no_slices),
)
