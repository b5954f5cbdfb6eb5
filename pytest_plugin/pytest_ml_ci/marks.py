"""What the markers `ml_model` and `ml_gate` of a user's own test ask for."""

from __future__ import annotations

from difflib import get_close_matches

import pytest

from ml_ci.conditions import ConditionError, parse
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Spec


@dataclass(frozen=True)
class Marked:
    """A test's model, and the conditions that have to hold before it runs, those of its class and module first."""

    model: str
    conditions: tuple[str, ...] = ()


def marked(item: pytest.Item, spec: Spec) -> Marked | None:
    """Read the markers of a test; None without any.

    UserError for an unknown model, a condition that does not parse, a marker without arguments, and for `ml_gate`
    alone where there are several models.
    """
    conditions = _conditions(item)
    mark = item.get_closest_marker("ml_model")
    if mark is None and not conditions:
        return None
    model = _only_model(item, spec) if mark is None else _named_model(item, mark, spec)
    for condition in conditions:
        _check(item, condition, spec, model)
    return Marked(model, conditions)


def _conditions(item: pytest.Item) -> tuple[str, ...]:
    found: list[str] = []
    for mark in reversed(list(item.iter_markers("ml_gate"))):
        if not mark.args or mark.kwargs or not all(isinstance(text, str) for text in mark.args):
            raise UserError(
                f"{item.nodeid}: ml_gate takes one or more conditions as text",
                hint='Write, for example, @pytest.mark.ml_gate("fnr <= 0.1").',
            )
        found += mark.args
    return tuple(dict.fromkeys(found))


def _named_model(item: pytest.Item, mark: pytest.Mark, spec: Spec) -> str:
    if len(mark.args) != 1 or mark.kwargs or not isinstance(mark.args[0], str):
        raise UserError(f"{item.nodeid}: ml_model takes the name of one model", hint=how_to_mark(spec))
    name = mark.args[0]
    if name not in spec.models:
        near = get_close_matches(name, spec.models, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Its models are: {', '.join(spec.models)}."
        raise UserError(f"{item.nodeid}: {spec.path} has no model `{name}`", hint=hint)
    return name


def _only_model(item: pytest.Item, spec: Spec) -> str:
    if len(spec.models) != 1:
        raise UserError(f"{item.nodeid}: ml_gate does not say of which model", hint=how_to_mark(spec))
    return next(iter(spec.models))


def how_to_mark(spec: Spec) -> str:
    """Say how a test names its model."""
    return f'Mark the test with @pytest.mark.ml_model("{next(iter(spec.models))}").'


def _check(item: pytest.Item, condition: str, spec: Spec, model: str) -> None:
    try:
        parse(condition, spec.models[model].metrics, spec.models[model].behaviours)
    except ConditionError as error:
        raise UserError(f"{item.nodeid}: ml_gate {condition!r}: {error}") from None
