"""The variables that ml-ci.yaml gives to jobs: `env: [NAME, …]`, `{NAME: text}`, or a list of both.

Each function raises ValueError with a sentence that says what is expected, with an example, and what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.spec.problems import show
from ml_ci.variables.families import never

NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_EXPECTED = "expected a list of names such as [HF_HOME], or texts by name such as {MODE: fast}"


@dataclass(frozen=True)
class Listed:
    """The `names` of variables that are given as they are, and the `values` of those that are set."""

    names: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


def env(value: Any) -> Listed:
    """Read the variables of a job; a name twice, or one that no job may have, is a ValueError."""
    if not isinstance(value, list | dict) or not value:
        raise ValueError(f"{_EXPECTED}, got {show(value)}")
    found = list(_items(value))
    _refuse_twice([name for name, _ in found])
    names = tuple(name for name, text in found if text is None)
    return Listed(names, {name: text for name, text in found if text is not None})


def names(value: Any) -> tuple[str, ...]:
    """Read the variables of `fetch:`, a list of names; an empty one gives it none."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list of names such as [AWS_PROFILE], got {show(value)}")
    found = tuple(_name(item) for item in value)
    _refuse_twice(list(found))
    return found


def _items(value: list[Any] | dict[Any, Any]) -> Iterator[tuple[str, str | None]]:
    for item in [value] if isinstance(value, dict) else value:
        if isinstance(item, dict) and item:
            yield from ((_name(name), _text(name, text)) for name, text in item.items())
        else:
            yield _name(item), None


def _name(value: Any) -> str:
    if not isinstance(value, str) or not re.match(NAME, value):
        raise ValueError(f"expected the name of a variable such as HF_HOME, got {show(value)}")
    why = never(value)
    if why is not None:
        raise ValueError(f"{value} is given to no job: {why}")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        quoted = f"; put it in quotes: {name}: '{value}'" if isinstance(value, int | float) else ""
        raise ValueError(f"expected a text for {name}, got {show(value)}{quoted}")
    if "\0" in value:
        raise ValueError(f"expected a text for {name}, got one with a zero byte")
    return value


def _refuse_twice(found: list[str]) -> None:
    for index, name in enumerate(found):
        if name in found[:index]:
            raise ValueError(f"{name} is listed twice")
