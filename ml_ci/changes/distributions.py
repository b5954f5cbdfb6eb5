"""Ask a Python interpreter which versions its imports come from.

This file is imported by ml-ci and is also run, as text, by any other interpreter from 3.8 on: standard library only,
and no syntax that 3.8 does not have. Nothing that is asked for is imported.
"""

from __future__ import annotations

import importlib.metadata as metadata
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def answer(modules: Iterable[str], path: list[str]) -> dict[str, Any]:
    """Give the Python version, the distributions behind `modules` with all that they require, and what to watch.

    `versions` maps a distribution's name to its version, `missing` lists modules that no distribution on `path` has,
    `editable` maps a distribution to the folder that it is installed from, `watch` maps a folder to its time of change.
    A requirement counts when it is installed, unless it belongs to an extra that nobody asked for; its other markers
    are not evaluated, so that the answer does not depend on which packages are at hand to evaluate them.
    """
    known = _by_name(path)
    found, missing = _owners(sorted(modules), known)
    versions = {}
    editable = {}
    for name in _find_required(found, known):
        versions[name] = known[name].version or "unknown"
        source = _editable(known[name])
        if source:
            editable[name] = source
    watch = {folder: os.stat(folder).st_mtime_ns for folder in path}  # noqa: PTH116
    python = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    return {"python": python, "versions": versions, "missing": missing, "editable": editable, "watch": watch}


def search_path() -> list[str]:
    """Give the folders of `sys.path`, without the one of the running script."""
    return [folder for folder in dict.fromkeys(sys.path[1:]) if os.path.isdir(folder)]  # noqa: PTH112


def _by_name(path: list[str]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for found in metadata.distributions(path=path):
        name = _name(found)
        if name:
            known.setdefault(_normal(name), found)
    return known


def _name(found: Any) -> str:
    # The folder's name says it too, and parsing the metadata of every distribution would take the most of the time.
    folder = getattr(getattr(found, "_path", None), "name", "")
    match = re.match(r"([A-Za-z0-9][\w.]*)-[^-]+\.dist-info$", folder)
    return match.group(1) if match else found.metadata["Name"] or ""


def _owners(modules: list[str], known: dict[str, Any]) -> tuple[set[str], list[str]]:
    by_module: dict[str, set[str]] = {}
    for name, found in known.items():
        for module in _top_level(name, found):
            by_module.setdefault(module, set()).add(name)
    missing = [module for module in modules if module not in by_module]
    return {name for module in modules for name in by_module.get(module, ())}, missing


def _top_level(name: str, found: Any) -> set[str]:
    declared = (found.read_text("top_level.txt") or "").split()
    if declared:
        return set(declared)
    modules = set(_find_recorded(found.read_text("RECORD") or ""))
    return modules or {name.replace("-", "_")}


def _find_recorded(record: str) -> Iterator[str]:
    seen = ""
    for line in record.splitlines():
        first, slash, _ = line.partition("/")
        if slash and first == seen:
            continue
        seen = first
        if slash and re.match(r"[A-Za-z_]\w*$", first):
            yield first
        elif re.match(r"[A-Za-z_]\w*\.(py|.*so|.*pyd),", line):
            yield line.partition(".")[0]


def _find_required(found: set[str], known: dict[str, Any]) -> list[str]:
    waiting = [(name, frozenset()) for name in sorted(found)]  # type: list[tuple[str, frozenset[str]]]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        for requirement in known[name].requires or ():
            needed = _find_needed(requirement, extras)
            if needed and needed[0] in known and needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return sorted({name for name, _ in seen})


def _find_needed(requirement: str, extras: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    head, _, marker = requirement.partition(";")
    asked = _EXTRA.findall(marker)
    if asked and not extras.intersection(asked):
        return None
    match = _NAME.match(head)
    if not match:
        return None
    wanted = frozenset(extra.strip() for extra in (match.group(2) or "").split(",") if extra.strip())
    return _normal(match.group(1)), wanted


def _editable(found: Any) -> str | None:
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
        return str(origin["url"]) if origin.get("dir_info", {}).get("editable") else None
    except (ValueError, KeyError, AttributeError):
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    sys.stdout.write(json.dumps(answer(asked, search_path())))
