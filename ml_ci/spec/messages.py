"""What pydantic found, in sentences that say what is expected, with an example, and what stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ml_ci.spec.document import Document
from ml_ci.spec.entry_shape import DataShape, FileShape, PartShape, Strict
from ml_ci.spec.job_shape import JobShape
from ml_ci.spec.problems import Place, Problem, show, suggest
from ml_ci.spec.shape import ModelShape, Shape

_TAGS: dict[str, type[Strict]] = {"<file>": FileShape, "<part>": PartShape}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("of at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("of at most", "le"),
}
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "at least one value",
    "string_too_short": "text",
    "string_too_long": "a shorter text",
}
_ONLY_HOLDOUT = "only holdout may be a part of another entry; give this one a path"

# What `ml-ci init` writes beside a key that it could not fill in.
_FILL_IN = re.compile(r":\s*#\s*fill in:\s*(\S.{0,300})")
_MOST = 1000  # a file made to waste time is not answered in full

# What other tools call our keys.
_SYNONYMS = {
    "target": "label",
    "command": "run",
    "cmd": "run",
    "script": "run",
    "conditions": "gates",
    "test": "data.holdout",
    "pos_label": "positive",
    "timeout": "budget.time",
}


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """Give one problem for each thing that pydantic found, with its place in the file."""
    problems = []
    for found in error.errors(include_url=False)[:_MOST]:
        place = tuple(part for part in found["loc"] if part not in _TAGS and part != "[key]")
        if place[-1:] in (("path",), ("run",)) and place not in document.positions and found["type"] != "missing":
            place = place[:-1]  # a path, or a command, without its mapping
        message = _sentence(dict(found), found["loc"])
        if message == _ONLY_HOLDOUT:
            place = place[:4]  # one problem of the entry, however many keys of a part it has
        problems.append(Problem(place, message))
    return problems


def _sentence(found: dict[str, Any], loc: Place) -> str:
    kind, context, got = found["type"], found.get("ctx", {}), found["input"]
    owner, field = _field_at(loc)
    example = _example(field, isinstance(loc[-1], int))
    if kind == "missing":
        if owner is FileShape and isinstance(got, dict) and _is_part_elsewhere(got, loc):
            return _ONLY_HOLDOUT
        return f"the key is missing{_key_example(field, str(loc[-1]))}"
    if kind == "extra_forbidden":
        return _unknown(str(loc[-1]), owner, loc)
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        wanted = f"expected a number {words} {context[bound]:.15g}{example}"
        return f"{wanted}, got {show(got)}{_percent(kind, context, got)}"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}{example}, got {show(got)}{_quote(kind, got)}"
    return f"{found['msg'][:1].lower()}{found['msg'][1:]}, got {show(got)}"


def _quote(kind: str, got: Any) -> str:
    if kind == "string_type" and isinstance(got, bool | int | float):
        return "; put it in quotes"
    if kind in ("int_type", "float_type") and isinstance(got, str) and got.replace(".", "", 1).isdigit():
        return "; write it without quotes"
    return ""


def _percent(kind: str, context: dict[str, Any], got: Any) -> str:
    meant = kind == "less_than" and context["lt"] == 1 and 1 < got < 100
    return f", did you mean {got / 100:.6g}?" if meant else ""


def _example(field: FieldInfo | None, item: bool) -> str:
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    return f" such as {flow(example[0] if item and isinstance(example, list) else example)}"


def say_empty(place: Place, line: str) -> str:
    """Say of a key without a value what to do: what `ml-ci init` left beside it; of one that has to be, an example."""
    if isinstance(place[-1], int):
        return "the item is empty; remove it"
    left = _FILL_IN.search(line)
    if left is not None:
        return f"the key has no value; fill in {''.join(sign for sign in left[1] if sign.isprintable()).strip()}"
    owner, field = _field_at(place)
    if owner is not None and str(place[-1]) in owner.model_fields and field is not None and field.is_required():
        return f"the key has no value; give it one{_key_example(field, str(place[-1]))}"
    return "the key has no value; give it one or remove it"


def _key_example(field: FieldInfo | None, key: str) -> str:
    return f', for example "{key}: {flow(field.examples[0])}"' if field and field.examples else ""


def flow(value: Any) -> str:
    """Write an example as YAML on one line."""
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
    return value if isinstance(value, str) else json.dumps(value)


def _unknown(key: str, owner: type[Strict] | None, loc: Place) -> str:
    known = owner.model_fields if owner else {}
    if owner is FileShape and _is_part_elsewhere({key: None}, loc):
        return _ONLY_HOLDOUT
    if _SYNONYMS.get(key) in known or (key in _SYNONYMS and owner is ModelShape):
        return f"unknown key, did you mean '{_SYNONYMS[key]}'?"
    elsewhere = next(_homes(key, owner), "")
    if elsewhere:
        return f"unknown key here; it belongs {elsewhere}"
    return f"unknown key{suggest(key, known)}" if suggest(key, known) else f"unknown key; known are {', '.join(known)}"


def _is_part_elsewhere(entry: dict[str, Any], loc: Place) -> bool:
    return "holdout" not in loc and not entry.keys().isdisjoint(PartShape.model_fields)


def _homes(key: str, owner: type[Strict] | None) -> Iterator[str]:
    """Find where else a key is known: one level up, or in a mapping of the same model."""
    for name, field in ModelShape.model_fields.items():
        inner, _ = _inner(field.annotation)
        if key in ModelShape.model_fields or key in Shape.model_fields:
            break  # the gates of a stage, and of the model
        if inner and inner is not owner and (key in inner.model_fields or (inner is DataShape and key == "validation")):
            yield f"under '{name}:' of the model"
    if owner is JobShape:
        return
    if owner is not ModelShape and key in ModelShape.model_fields:
        yield "under 'models:', in the mapping of one model" if owner is Shape else "one level up, in the model itself"
    if owner is not Shape and key in Shape.model_fields:
        yield "at the top of the file"


def _field_at(loc: Place) -> tuple[type[Strict] | None, FieldInfo | None]:
    """Follow a location through the classes: give the class that its last key belongs to, and that key's field."""
    owner: type[Strict] | None = None
    inner: type[Strict] | None = Shape
    field: FieldInfo | None = None
    skip = False
    for part in loc:
        if part in _TAGS:
            inner = _TAGS[str(part)]
        elif skip:
            skip = False
        elif inner is not None:
            owner, field = inner, inner.model_fields.get(str(part))
            if field is not None:
                inner, skip = _inner(field.annotation)
            else:
                inner = FileShape if owner is DataShape else None
    return owner, field


def _inner(annotation: Any) -> tuple[type[Strict] | None, bool]:
    """Find the class of ours within an annotation, and whether it stands in a mapping by name."""
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation, False
    for argument in get_args(annotation):
        found, _ = _inner(argument)
        if found:
            return found, str(annotation).startswith("dict[")
    return None, False
