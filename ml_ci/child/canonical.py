"""When two values written differently are the same value: the rules of `ml_ci.tables.canonical`, for Python 3.8."""

from __future__ import annotations

import re
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any, Sequence

_NUMBER = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]{1,6}))?")
_SINGLE = {"float16": "e", "float32": "f"}
_PRECISIONS = {
    "float16": "float16",
    "half": "float16",
    "halffloat": "float16",
    "float32": "float32",
    "float": "float32",  # as pyarrow names it
}


def write(value: object) -> str:
    """Give a value as trimmed text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).strip()


def canonical(value: object) -> str:
    """Give the text that stands for a value and for all that are equal to it: numbers exactly, booleans in any case."""
    text = write(value)
    if text.lower() in ("true", "false"):
        return text.lower()
    match = _NUMBER.fullmatch(text)
    return _number(*match.groups()) if match else text


def _number(sign: str, whole: str | None, part: str | None, bare: str | None, exponent: str | None) -> str:
    fraction = part or bare or ""
    digits = ((whole or "") + fraction).lstrip("0")
    shorter = digits.rstrip("0")
    if not shorter:
        return "0"
    power = int(exponent or 0) - len(fraction) + len(digits) - len(shorter)
    minus = "-" if sign == "-" else ""
    return "%s%s%s" % (minus, shorter, "0" * power if 0 <= power <= 18 else "e%d" % power)


def equal(left: object, right: object) -> bool:
    """Say whether two values are the same: as text, as numbers of exactly one value, or as the same boolean word."""
    return canonical(left) == canonical(right)


def exact(value: object) -> Decimal | None:
    """Give the number that a text is, exactly; None where it is none."""
    from decimal import Decimal

    text = canonical(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def precision_of(values: Any) -> str:
    """Name the type of numbers that are narrower than a Python float, `float16` or `float32`; '' for all others."""
    kinds = getattr(values, "dtypes", None)
    if kinds is None or hasattr(values, "dtype"):
        kinds = [getattr(values, "dtype", getattr(values, "type", None))]
    found = {_PRECISIONS.get(re.split(r"[.\[]", str(kind).lower().replace("torch.", ""))[0], "") for kind in kinds}
    return found.pop() if len(found) == 1 else ""


def of_elements(values: Sequence[Any]) -> str:
    """Name the narrow type of the numbers in a list, where all of them have the same one."""
    if not values or not hasattr(values[0], "dtype"):
        return ""
    found = {precision_of(value) for value in values}
    return found.pop() if len(found) == 1 else ""


def shortest(value: Any, precision: str) -> Any:
    """Give the float that the shortest text of a narrow one names: 0.7 for float32's 0.699999988."""
    code = _SINGLE.get(precision)
    if code is None or not isinstance(value, float) or value != value or value in (float("inf"), float("-inf")):
        return value
    for digits in range(1, 10):
        short = float("%.*g" % (digits, value))
        if struct.unpack(code, struct.pack(code, short))[0] == value:
            return short
    return value
