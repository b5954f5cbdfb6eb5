"""How changes are put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

NOTHING = "none"


def show(value: object) -> str:
    """Write a value of `ml-ci.yaml` or of the parameters, short."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple) and not value:
        return NOTHING
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(show, value)) + "]"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Say key by key what changed: `depth: 3 → 5`, `depth: 5 added`, `depth: 3 removed`; in the order of the keys."""
    lines = []
    for key in dict.fromkeys((*old, *new)):
        if key not in old:
            lines.append(f"{_name(key)}{show(new[key])} added")
        elif key not in new:
            lines.append(f"{_name(key)}{show(old[key])} removed")
        elif _unlike(old[key], new[key]):
            lines.append(f"{_name(key)}{show(old[key])} → {show(new[key])}")
    return lines


def join_lines(lines: Sequence[str], most: int = 3) -> str:
    """Join lines into one, saying how many were left out."""
    more = len(lines) - most
    return ", ".join(lines[:most]) + (f", and {more:,} more" if more > 0 else "")


def count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 file`, `1,203 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def change_of(old: int, new: int) -> str:
    """Write a count that changed: `4,601 → 5,804 (+1,203)`."""
    return f"{old:,} → {new:,} ({new - old:+,})"


def percent(share: float) -> str:
    """Write a share as a percentage, with a decimal where the whole number would say nothing."""
    points = 100 * share
    return f"{points:.0f}%" if 1 <= points <= 99 or points in (0, 100) else f"{points:.2g}%"


def order_by_weight(lines: Iterable[tuple[int, str]]) -> list[str]:
    """Order lines by how much they say, most first; equal ones by their text."""
    return [line for _, line in sorted(lines, key=lambda pair: (-pair[0], pair[1]))]


def _name(key: str) -> str:
    return f"{key}: " if key else ""


def _unlike(old: object, new: object) -> bool:
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return list(old) != list(new)  # a record gives lists back for tuples
    return type(old) is not type(new) or old != new
