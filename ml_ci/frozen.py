"""Frozen dataclasses as `dataclasses` has them, whose classes are made at a third of its cost.

A command makes hundreds of them before it begins, and for each `dataclasses` compiles six methods (0.55 ms on CPython
3.11): of a run that a record answers that was nearly half. Here one is compiled, `__init__`; all others are shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # as mypy knows it
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Make a class of data, with the options of `dataclasses.dataclass`; those of other kinds are made by that."""
        if cls is None and options.get("frozen") and options.keys() <= {"frozen", "eq", "kw_only"}:
            return partial(_freeze, **{name: value for name, value in options.items() if name != "frozen"})
        return dataclasses.dataclass(cls, **options)


def _freeze(cls: Any, *, eq: bool = True, kw_only: bool = False) -> Any:
    own = vars(cls)
    for name in {"__setattr__", "__delattr__"} & own.keys():
        raise TypeError(f"{cls.__name__} has a {name}, and is to be frozen")
    # Python sets `__hash__` to None beside an `__eq__`.
    if eq and ("__hash__" not in own or (own["__hash__"] is None and "__eq__" in own)):
        cls.__hash__ = _hash
    if eq and "__eq__" not in own:
        cls.__eq__ = _equal
    if "__repr__" not in own:
        cls.__repr__ = _say
    made = dataclasses.dataclass(repr=False, eq=False, kw_only=kw_only)(cls)
    cls.__setattr__, cls.__delattr__ = _set_once, _delete
    return made


@recursive_repr()
def _say(self: Any) -> str:
    said = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(said)})"


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _compared(self.__class__)
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(_hashed(self.__class__)(self))


def _set_once(self: Any, name: str, value: object) -> None:
    """Set what is not set yet, as `__init__` does; FrozenInstanceError for all that is."""
    if name in self.__dict__ or (name not in self.__dataclass_fields__ and _is_made(self)):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    if name in self.__dataclass_fields__ or _is_made(self):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_made(self: Any) -> bool:
    """Say whether an object is of a class of data, and not of one that is only derived from it."""
    return "__dataclass_fields__" in vars(type(self))


@cache
def _compared(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    return _get_all(one.name for one in dataclasses.fields(cls) if one.compare)


@cache
def _hashed(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    return _get_all(one.name for one in dataclasses.fields(cls) if (one.compare if one.hash is None else one.hash))


def _get_all(given: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Give what gives the values of an object as a tuple, whose parts are compared by identity first."""
    names = tuple(given)
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)
