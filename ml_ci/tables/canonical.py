"""When two values written differently are the same value."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,6}))?", re.ASCII)


def canonical(value: object) -> str:
    """Give the text that stands for `value` and for everything equal to it.

    Two values are equal when their trimmed texts are equal, when both are finite numbers of the same value
    (1 == 1.0 == "1.000e+00", compared exactly, so that long ids stay apart), or when both are the same boolean word
    in any case. A boolean is never a number: True is "true", not 1.
    """
    text = str(value).strip()
    if text.isdecimal() and text[0] != "0" and len(text) < 15 and text.isascii():
        return text  # the most frequent case, many times faster
    if text.lower() in ("true", "false"):
        return text.lower()
    match = _NUMBER.fullmatch(text)
    return _number(match) if match else text


def same(values: Iterable[object]) -> frozenset[str]:
    """Give the canonical texts of several values, to look up others among them."""
    return frozenset(canonical(value) for value in values)


def brief(text: str) -> str:
    """Quote a value for a message, cut off after 40 characters."""
    return repr(text) if len(text) <= 40 else repr(text[:40]) + "…"


def _number(match: re.Match[str]) -> str:
    sign, whole, part, bare, exponent = match.groups()
    fraction = part or bare or ""
    digits = ((whole or "") + fraction).lstrip("0")
    shorter = digits.rstrip("0")
    if not shorter:
        return "0"
    power = int(exponent or 0) - len(fraction) + len(digits) - len(shorter)
    minus = "-" if sign == "-" else ""
    if 0 <= power <= 18:
        return f"{minus}{shorter}{'0' * power}"
    return f"{minus}{shorter}e{power}"
