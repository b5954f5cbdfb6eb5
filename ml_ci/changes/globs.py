"""Globs over the paths of a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def is_glob(path: str) -> bool:
    """Say whether a declared path is a pattern."""
    return any(sign in path for sign in "*?[")


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """Give the paths that a pattern matches: `*` and `?` within a folder, `**` across folders, `[a-z]` a set.

    A pattern that names a folder takes everything below it.
    """
    return matching_any((pattern,), paths)


def declared_by(path: str, paths: Iterable[str]) -> list[str]:
    """Give the paths that a declared one stands for: itself, those in its folder, or those that its pattern matches."""
    if is_glob(path):
        return matching(path, paths)
    return [one for one in paths if one == path or one.startswith(f"{path}/")]


def matching_any(patterns: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Give the paths that at least one of the patterns matches, in one pass over them."""
    fits = _compile(tuple(patterns)).match
    return [path for path in paths if fits(path)]


@cache
def _compile(patterns: tuple[str, ...]) -> re.Pattern[str]:
    if not patterns:
        return re.compile(r"(?!)")
    either = "|".join(_expression(pattern.removeprefix("./").rstrip("/")) for pattern in patterns)
    return re.compile(rf"(?:{either})(?:/.*)?\Z", re.DOTALL)


def _expression(pattern: str) -> str:
    return "".join(map(_translate, re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", pattern)))


def _translate(part: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part in known:
        return known[part]
    if len(part) > 2 and part[0] == "[":
        inside = part[1:-1].replace("\\", "\\\\")
        return f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]"
    return re.escape(part)
