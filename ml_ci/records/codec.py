"""Frozen values to JSON and back, by their annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Value = TypeVar("Value")
_SCALARS = frozenset((str, int, float, bool, types.NoneType))


def pack(value: object) -> Any:
    """Turn dataclasses, mappings, tuples, sets of text and scalars into what JSON knows."""
    if type(value) in _SCALARS:  # thousands of counts
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: pack(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [pack(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(pack(item) for item in value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} does not cross a file")


def unpack(kind: type[Value], data: Any) -> Value:
    """Turn packed JSON back into `kind`; TypeError, KeyError or ValueError when it does not fit.

    For records, whose digest vouches for them; hostile input goes through a schema instead.
    """
    value: Value = _unpack(kind, data)
    return value


def unpack_if_fit(kind: type[Value], data: Any) -> Value | None:
    """Turn packed JSON back; None when it does not fit: another version of ml-ci packed it, or somebody else."""
    try:
        return unpack(kind, data)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _unpack(kind: Any, data: Any) -> Any:
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        # Most fields are of the very type that they say: thousands of them are read in a run that does nothing.
        found = {n: item if type(item) is hints[n] else _unpack(hints[n], item) for n, item in data.items()}
        return kind(**found)  # type: ignore[operator]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _unpack(next(one for one in inner if one is not types.NoneType), data)
    if origin is tuple:
        if inner[0] in (int, float) and set(map(type, data)) <= {inner[0]} and (inner[1:] == (Ellipsis,)):
            return tuple(data)  # thousands of counts, of a run that does nothing
        each = inner[:1] * len(data) if len(inner) == 2 and inner[1] is Ellipsis else inner
        return tuple(_unpack(one, item) for one, item in zip(each, data, strict=True))
    if origin is frozenset:
        return frozenset(_unpack(inner[0], item) for item in data)
    if origin is not None and _is(origin, Mapping):
        return {key: _unpack(inner[1], item) for key, item in data.items()}
    if origin is Literal or kind in (Any, object):
        return data
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind):
        raise TypeError(f"expected {kind.__name__}, found {type(data).__name__}")
    return data


def _is(origin: Any, kind: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, kind)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
