"""Labels: which are positive, and which are the same."""

from __future__ import annotations

import math

from .failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def positive_classes(classes: Any, positive: Request, what: str) -> list[int]:
    """Give the indexes of the classes that are positive; 1 or True where classes are 0/1 and none of them matches."""
    chosen = [index for index, label in enumerate(classes) if is_positive(label, positive)]
    if not chosen and sorted(map(str, classes)) in (["0", "1"], ["0.0", "1.0"], ["False", "True"]):
        chosen = [index for index, label in enumerate(classes) if float(label) == 1.0]
    if chosen:
        return chosen
    shown = ", ".join(repr(label) for label in classes[:8])
    raise JobFailed(
        "model-classes",
        "%s knows the classes %s, and none of them is the positive value %s" % (what, shown, _positive_text(positive)),
        "Set `positive:` to one of them, or translate in a function of your own: `predict: module:function`.",
    )


def _positive_text(positive: Request) -> str:
    if positive.get("comparison"):
        return "%s %s" % tuple(positive["comparison"])
    return ", ".join(repr(value) for value in positive["values"])


def is_positive(label: object, positive: Request) -> bool:
    """Say whether a label is positive: by comparison of its number, or by canonical equality with one of the values."""
    if positive.get("comparison"):
        operator, bound = positive["comparison"]
        number = _number(canonical(label))
        return number is not None and _COMPARE[operator](number, float(bound))
    return any(equal(label, value) for value in positive["values"])


_COMPARE = {
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def canonical(value: object) -> str:
    """Give a label as trimmed text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).strip()


def equal(left: object, right: object) -> bool:
    """Say whether two labels are the same: as text, as finite numbers, or as boolean words in any case."""
    left, right = canonical(left), canonical(right)
    if left == right:
        return True
    if left.lower() in ("true", "false"):
        return left.lower() == right.lower()
    numbers = _number(left), _number(right)
    return numbers[0] is not None and numbers[0] == numbers[1]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None
