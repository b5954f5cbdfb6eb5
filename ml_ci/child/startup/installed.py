"""What is installed of this repository in a Python: its distributions, the names that they bring, and their files."""

from __future__ import annotations

import os
import re
import sys

from . import places
from .job import JOB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# What finders of editable installations keep: setuptools, editables (hatch, pdm), meson-python, scikit-build-core.
_MAPPINGS = ("MAPPING", "NAMESPACES", "_redirections", "_top_level_modules", "known_source_files", "known_wheel_files")
_OTHER = ("__pycache__", "bin", "Scripts", "share", "include", "lib")


class Installed:
    """The `distributions` installed from this repository, the top-level `names` that they bring, their own `files`.

    `places` maps the dotted name of a module to where a finder of an editable installation has it in a checkout.
    """

    def __init__(self) -> None:
        self.distributions: set[str] = set()
        self.names: set[str] = set()
        self.files: set[str] = set()
        self.places: dict[str, str] = {}


def look() -> Installed:
    """Look through `sys.path` for what its folders say was installed from this repository."""
    found = Installed()
    for folder in places.once(entry for entry in sys.path if entry and not places.is_ours(os.path.realpath(entry))):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending in (".dist-info", ".egg-info", ".egg-link"):
                _look_at(found, folder, name, normalize(stem.partition("-")[0]))
    for mapping in _mappings():
        _take(found, mapping)
    return found


def normalize(name: str) -> str:
    """Write the name of a distribution in the one way in which equal names are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _look_at(found: Installed, folder: str, name: str, distribution: str) -> None:
    at = os.path.join(folder, name)
    if distribution not in JOB["distributions"] and not _is_from_here(at):
        return
    found.distributions.add(distribution)
    found.names.update(line for line in _lines(os.path.join(at, "top_level.txt")) if "/" not in line)
    for line in _lines(os.path.join(at, "RECORD")):
        path = line.rpartition(",")[0].rpartition(",")[0].strip('"')
        if path.startswith(("..", "/")) or ".dist-info/" in path:
            continue
        first, _, rest = path.partition("/")
        if rest or first.endswith((".py", ".so", ".pyd")):
            found.files.add(os.path.realpath(os.path.join(folder, path)))
            top = first.partition(".")[0]
            if top not in _OTHER and not first.startswith("__editable__") and "_editable" not in first:
                found.names.add(top)


def _is_from_here(at: str) -> bool:
    for line in _lines(os.path.join(at, "direct_url.json")):
        for url in re.findall(r'"file://([^"]+)"', line):
            from urllib.parse import unquote

            if places.in_checkout(os.path.realpath(unquote(url))) is not None:
                return True
    return False


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return [line.strip() for line in stream if line.strip()]
    except OSError:
        return []


def _mappings() -> Iterator[Any]:
    """Give what the finders that are installed keep of names and paths, whoever wrote them."""
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", None) or type(finder).__module__)
        for holder in (finder, module):
            for name in _MAPPINGS:
                kept = getattr(holder, name, None)
                if kept and (holder is finder or name.isupper()):
                    yield kept


def _take(found: Installed, mapping: Any) -> None:
    if not isinstance(mapping, dict):
        found.names.update(str(name).partition(".")[0] for name in mapping if isinstance(name, str))
        return
    for name, value in mapping.items():
        for path in value if isinstance(value, (list, tuple)) else [value]:
            at = places.find_copied(str(path))
            if at is not None:
                found.names.add(str(name).partition(".")[0])
                found.places.setdefault(str(name), _folder(at))


def _folder(at: str) -> str:
    """Give a module's place without its ending, and a package's folder for its `__init__`."""
    folder, base = os.path.split(at)
    if base.startswith("__init__."):
        return folder
    return at[:-3] if base.endswith(".py") else at
