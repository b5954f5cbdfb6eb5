"""The entries of `behaviours:`, from what YAML gives to values.

Raises ValueError with a sentence that says what is expected, with an example, and what stands there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast, get_args

from ml_ci.spec import behaviours as words
from ml_ci.spec.behaviours import Behaviour, Kind
from ml_ci.spec.notation import choice, command, scoring_placeholders, seconds
from ml_ci.spec.paths import is_url, project_path
from ml_ci.spec.problems import show, suggest

KINDS = get_args(Kind)
_EDITS = ("vary", "raise", "lower", "disturb")
_EXAMPLE = "{vary: sex}, {raise: [income], score: never falls}, {disturb: [job]}, {same: alone} or {cases: cases.csv}"

# The kinds with which each further key means something.
KEYS: Mapping[str, tuple[str, ...]] = {
    "score": ("raise", "lower"),
    "by": ("disturb",),
    "or": ("disturb",),
    "run": ("same",),
    "tolerance": ("raise", "lower", "same"),
    "rows": (*_EDITS, "same"),
    "variants": _EDITS,
    "time": KINDS,
    "hunt": _EDITS,
}
_COURSES = get_args(words.Course)


def behaviour(value: Any) -> Behaviour:
    """Read one entry; its name is given to it later."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected what has to hold, such as {_EXAMPLE}, got {show(value)}")
    kind = _kind(value)
    for key in value:
        if key != kind and kind not in KEYS[key]:
            raise ValueError(f"{key}: belongs to {_join(KEYS[key])}, and this is {kind}: ; remove it")
    way = choice(value[kind], get_args(words.Way)) if kind == "same" else None
    refused = _is_word(value, "or", "refused")
    usual = words.usual(way, refused)
    return Behaviour(
        name="",
        kind=cast(Kind, kind),
        columns=_columns(kind, value[kind]) if kind in _EDITS else (),
        score=_course(kind, value.get("score")) if kind in KEYS["score"] else None,
        by=_disturbances(value.get("by", list(words.TYPING))) if kind == "disturb" else (),
        same=cast(words.Way | None, way),
        run=_served(way, value.get("run")),
        cases=_cases(value[kind]) if kind == "cases" else None,
        tolerance=_tolerance(value.get("tolerance", words.TOLERANCE)),
        or_refused=refused,
        rows=_count("rows", value.get("rows", usual[0])),
        variants=_count("variants", value.get("variants", words.VARIANTS)),
        seconds=seconds(value.get("time", usual[1])),
        hunt_fails=_is_word(value, "hunt", "fails"),
    )


def _kind(value: Mapping[str, Any]) -> str:
    unknown = next((key for key in value if key not in KINDS and key not in KEYS), None)
    if unknown is not None:
        known = (*KINDS, *KEYS)
        hint = suggest(unknown, known) or f"; known are {', '.join(known)}"
        raise ValueError(f"unknown key {show(unknown)}{hint}")
    given = [key for key in value if key in KINDS]
    if len(given) != 1:
        got = f"got {' and '.join(given)}" if given else "got none"
        raise ValueError(f"expected exactly one of {_join(KINDS)}, such as {_EXAMPLE}; {got}")
    return given[0]


def _columns(kind: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for column in listed:
        if not isinstance(column, str) or not column.strip():
            raise ValueError(f"expected a column such as {kind}: age, or several in a list, got {show(column)}")
    columns = tuple(column.strip() for column in listed)
    if not columns:
        raise ValueError(f"expected a column such as {kind}: age, or several in a list, got an empty list")
    twice = next((one for place, one in enumerate(columns) if one in columns[:place]), None)
    if twice is not None:
        raise ValueError(f"the column '{twice}' is listed twice")
    return columns


def _course(kind: str, value: Any) -> words.Course:
    expected = f"expected what the score does as the columns are {'raised' if kind == 'raise' else 'lowered'}"
    if value is None:
        raise ValueError(f"{expected}: add score: never falls, or score: never rises")
    if not isinstance(value, str) or value not in _COURSES:
        close = suggest(value, _COURSES) if isinstance(value, str) else ""
        raise ValueError(f"{expected}, never falls or never rises, got {show(value)}{close}")
    return cast(words.Course, value)


def _disturbances(value: Any) -> tuple[words.Disturbance, ...]:
    known = get_args(words.Disturbance)
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise ValueError(f"expected at least one of {_join(known)} after by:, got an empty list")
    found = tuple(choice(one, known) for one in listed)
    twice = next((one for place, one in enumerate(found) if one in found[:place]), None)
    if twice is not None:
        raise ValueError(f"'{twice}' is listed twice after by:")
    return cast(tuple[words.Disturbance, ...], found)


def _served(way: str | None, value: Any) -> str | tuple[str, ...] | None:
    example = "run: 'python ask.py {rows} {out}/scores.csv'"
    if way != "served":
        if value is not None:
            raise ValueError("run: belongs to same: served; remove it")
        return None
    if value is None:
        raise ValueError(f"nothing says how the service is asked; add {example}")
    found = command(value)
    scoring_placeholders(found, ("model", "rows", "out"), ("rows", "out"), example)
    return found


def _cases(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a table of rows with their labels such as tests/cases.csv, got {show(value)}")
    if is_url(value):
        raise ValueError(f"expected cases that belong to a commit, got the URL {show(value)}; bring the file in by git")
    return project_path(value)


def _tolerance(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise ValueError(f"expected a tolerance of at least 0 such as 0.01, got {show(value)}")
    return float(value)


def _count(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"expected a whole number above zero such as {key}: 1000, got {show(value)}")
    return value


def _is_word(value: Mapping[str, Any], key: str, word: str) -> bool:
    if key in value and value[key] != word:
        raise ValueError(f"expected {key}: {word}, or no {key}: at all, got {show(value[key])}")
    return key in value


def _join(known: tuple[str, ...]) -> str:
    return f"{', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else known[0]


_NAMES = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_HOW = {"type": "string", "enum": list(get_args(words.Disturbance))}
_WHOLE = {"type": "integer", "minimum": 1}
_TIMES = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "^[0-9]"}]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "vary": {**_NAMES, "description": "Columns of which no value changes the decision."},
        "raise": {**_NAMES, "description": "Columns that are raised, within their range; `score` says what follows."},
        "lower": {**_NAMES, "description": "Columns that are lowered, within their range; `score` says what follows."},
        "disturb": {**_NAMES, "description": "Columns whose values are written otherwise, as `by` says."},
        "same": {"enum": list(get_args(words.Way)), "description": "Another way in which the same rows are scored."},
        "cases": {"type": "string", "minLength": 1, "description": "A table of rows with their right label."},
        "score": {"enum": list(_COURSES), "description": "What the score may not do as columns are raised or lowered."},
        "by": {
            "anyOf": [_HOW, {"type": "array", "items": _HOW, "minItems": 1, "uniqueItems": True}],
            "description": "How `disturb` edits: case, typo and space by default.",
        },
        "or": {"const": "refused", "description": "A row whose edit the model refuses with an exception holds."},
        "run": {
            "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}],
            "description": "The command that asks the service: {rows} is the table, {out} the folder for scores.csv, "
            "{model} the model's file.",
        },
        "tolerance": {"type": "number", "minimum": 0, "description": "By how much a score may differ: 0.000001."},
        "rows": {**_WHOLE, "description": "How many holdout rows are asked: 4,000; 200 for `same: alone`."},
        "variants": {**_WHOLE, "description": "How many edits of one row are asked: 8."},
        "time": {**_TIMES, "description": "How long one side is asked: 5s; 30s for `same: alone`."},
        "hunt": {"const": "fails", "description": "What is found beyond the holdout's rows fails the gate."},
    },
    "oneOf": [{"required": [kind]} for kind in KINDS],
    "additionalProperties": False,
}
