"""Ask a model that is served at a URL about rows that a person names."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import product

from ml_ci.behaviours.told import Reply, Told
from ml_ci.behaviours.wanted import MOST
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.endpoint import Endpoint
from ml_ci.live.protocol import InputSpec, Said, Value, fail
from ml_ci.spec.problems import suggest

_ALONE = "an endpoint is asked alone"
_TRUE = {"1", "true"}


@dataclass(frozen=True)
class Deciding:
    """How an answer is decided: a score of at least `threshold`, or the class `positive` (None: 1 or true)."""

    threshold: float = 0.5
    positive: str | None = None


def ask_endpoint(endpoint: Endpoint, words: Sequence[str], by: Deciding) -> Told:
    """Ask about the rows that `column=value,value` words name; several values make a row each.

    UserError for a person's mistake, also for an input without a value; StageFailed for the endpoint's.
    """
    given = _read(words, endpoint.inputs)
    _check(given, endpoint)
    rows = [dict(zip(given, values, strict=True)) for values in product(*given.values())]
    said = endpoint.ask({name: [row[name] for row in rows] for name in given})
    decided = f"a score of {by.threshold:g} or more" if said.classes is None else f"the class {by.positive or '1'}"
    return Told(
        model=endpoint.url,
        positive=decided,
        row=None,
        start={},
        values=tuple(rows),
        candidate=tuple(decide(said, by, endpoint)),
        baseline=None,
        commit=None,
        no_baseline=_ALONE,
        changes=(),
        sways=(),
        notes=() if endpoint.inputs else ("the endpoint names no inputs: numbers are sent as FP64, texts as BYTES",),
        endpoint=True,
    )


def decide(said: Said, by: Deciding, endpoint: Endpoint) -> list[Reply]:
    """Decide each answer; StageFailed where a class is named and nobody says which is the positive one."""
    if said.scores is not None:
        none = "the endpoint gives no score"
        return [Reply(None, error=none) if one is None else Reply(one >= by.threshold, one) for one in said.scores]
    if by.positive is None and any(isinstance(one, str) for one in said.classes or ()):
        message = f"{endpoint.url}: the output `{said.output}` names classes"
        raise fail("output", message, "Say which is the positive one: --positive CLASS; or --output NAME for scores.")
    positive = _TRUE if by.positive is None else {by.positive.lower()}
    return [Reply(None if one is None else str(one).lower() in positive) for one in said.classes or ()]


def _read(words: Sequence[str], inputs: Sequence[InputSpec]) -> dict[str, list[Value]]:
    kinds = {} if inputs and inputs[0].is_table else {one.name: one.datatype for one in inputs}
    given: dict[str, list[Value]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UserError(f"expected column=value, got '{word}'", hint="For example: age=40")
        if kinds and name not in kinds:
            hint = f"It takes {', '.join(list(kinds)[:20])}."
            raise UserError(f"the endpoint has no input '{name}'{suggest(name, kinds)}", hint=hint)
        if name in given:
            raise UserError(f"{name} is given twice", hint=f"Give several values at once: {name}=first,second")
        texts = next(csv.reader([text], skipinitialspace=True), [""]) if text else [""]
        given[name] = [_value(name, one.strip(), kinds.get(name)) for one in texts]
    return given


def _value(name: str, text: str, kind: str | None) -> Value:
    """Read a value as the input's type has it; where no type is known, a number where it is one."""
    if not text:
        return None
    if kind == "BYTES":
        return text
    if kind == "BOOL":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise UserError(f"{name} is true or false, got '{text}'")
    number = _number(text)
    if number is None and kind is not None:
        raise UserError(f"{name} is a number ({kind}), got '{text}'")
    if kind is not None and kind.lstrip("U").startswith("INT") and not isinstance(number, int):
        raise UserError(f"{name} is a whole number ({kind}), got '{text}'")
    return text if number is None else number


def _number(text: str) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or "_" in text:
        return None
    return int(text) if text.lstrip("+-").isdecimal() else number


def _check(given: Mapping[str, Sequence[Value]], endpoint: Endpoint) -> None:
    inputs = endpoint.inputs
    if not given:
        names = [one.name for one in inputs if not one.is_table] or ["age"]
        raise UserError("no value is given", hint=f"For example: {' '.join(f'{name}=…' for name in names[:20])}")
    count = math.prod(map(len, given.values()))
    if count > MOST:
        message = f"these are {count:,} rows, and at most {MOST} are asked about at once"
        raise UserError(message, hint="Give fewer values.")
    refuse_other_columns(endpoint, list(given))


def refuse_other_columns(endpoint: Endpoint, columns: Sequence[str]) -> None:
    """Refuse to ask where an input has no column; UserError names what the endpoint takes."""
    inputs = endpoint.inputs
    if len(inputs) == 1 and inputs[0].is_table:
        width = inputs[0].width
        if width is not None and width != len(columns):
            message = f"the endpoint takes one table of {width} columns, and {len(columns)} are given"
            raise UserError(message, hint="Give them in the order in which the model was trained: it knows no names.")
        return
    missing = [one.name for one in inputs if one.name not in columns]
    if missing:
        named = ", ".join(missing[:20])
        raise UserError(f"the endpoint's input{'s' if len(missing) > 1 else ''} {named}: no value is given")
