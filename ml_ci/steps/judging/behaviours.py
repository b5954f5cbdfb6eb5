"""Hold, before anything is trained, that the holdout has what the behaviours edit; and say what they cannot say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from ml_ci.behaviours.columns import read_columns
from ml_ci.errors import UserError
from ml_ci.evaluation.values import Behaved, Shown
from ml_ci.gates.held_behaviours import is_the_bases
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.problems import suggest
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.working.cases import read_all_cases
from ml_ci.steps.working.workshop import Workshop

_HINT = "Nothing was trained."
_NUMBERS = ("raise", "lower")
_OF_LABELS = frozenset({"fpr", "fnr", "tpr", "tnr", "recall"})


def check_behaviours(shop: Workshop) -> None:
    """Hold that every column of a behaviour stands in the holdout, and is of numbers where it is raised or lowered.

    UserError names the line, and the column that may be meant; and for cases that are no rows of the holdout.
    """
    model, table = shop.sides.candidate.model, shop.holdout
    for behaviour in model.behaviours.values():
        if is_the_bases(behaviour):
            continue  # what this holdout does not have of it is no slip of this file's: it cannot be measured
        for column in behaviour.columns:
            if not table.has(column):
                known = [name for name in table.names if name != model.label]
                near = suggest(column, known) or f"; columns are {', '.join(known)}"
                raise _refuse(shop, behaviour, f"the holdout has no column '{column}'{near}")
        if behaviour.kind in _NUMBERS:
            _check_numbers(shop, behaviour)
        if behaviour.cases is not None:
            read_all_cases(shop, behaviour)


def _check_numbers(shop: Workshop, behaviour: Behaviour) -> None:
    table = shop.holdout
    found = read_columns(table, [name for name in table.names if name not in behaviour.columns])
    for name, column in found.columns.items():
        if column.kind != "number":
            what = "truths" if column.kind == "truth" else "text"
            instead = f"; for text write {{vary: {name}}} or {{disturb: {name}}}"
            raise _refuse(shop, behaviour, f"'{name}' is {what}, and only numbers are {_said(behaviour)}{instead}")


def _said(behaviour: Behaviour) -> str:
    return "raised" if behaviour.kind == "raise" else "lowered"


def _refuse(shop: Workshop, behaviour: Behaviour, said: str) -> UserError:
    file, model = shop.project.spec.path, shop.sides.candidate.model.name
    where = f"{file}:{behaviour.line}" if behaviour.line else file
    return UserError(f"{where}: models.{model}.behaviours.{behaviour.name}: {said}", hint=_HINT)


def note_behaviours(model: ModelSpec, found: Mapping[str, Behaved]) -> Iterator[str]:
    """Say which columns the candidate does not take, and where it breaks a behaviour, with what repeats it.

    A behaviour of columns that are not taken cannot be broken, and proves nothing.
    """
    for name, one in found.items():
        for column in one.still:
            yield f"{name}: no answer of the candidate changes with `{column}`: it does not take the column."
        if one.why:
            yield f"{name}: {one.why}."
        if one.shown is not None:
            yield f"{name}{_say_where(one.shown)}: {_say_shown(model, one.shown)}."


def _say_where(shown: Shown) -> str:
    return " is broken beyond the holdout's rows" if shown.beyond else " is broken"


def _say_shown(model: ModelSpec, shown: Shown) -> str:
    """Say it without anybody's row, which stands in `.ml_ci/report.json` alone where it is asked for."""
    if shown.full:
        return "the row stands in .ml_ci/report.json"
    if not shown.words:
        return "on a row that is not shown"
    repeat = f" (`ml-ci ask {' '.join([model.name, *map(shlex.quote, shown.arguments)])}`)" if shown.arguments else ""
    return f"{shown.words}{repeat}"


def caution_behaviours(model: ModelSpec) -> Iterator[str]:
    """Say that a model is held to behaviours and to no error rate: one that answers all alike breaks none."""
    if model.behaviours and not any(_OF_LABELS & gate.condition.metrics for gate in model.gates):
        yield (
            "There are behaviours, and no gate on FPR or FNR: a model that gives one answer to everything breaks no "
            "behaviour. Add, for example, `fnr <= baseline.fnr + 0.01`."
        )
