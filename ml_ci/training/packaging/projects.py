"""The projects of a tree: each folder with a packaging file, what it is called and what names it installs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path

from ml_ci.frozen import dataclass
from ml_ci.training.packaging.backends import default, read_declared
from ml_ci.training.packaging.files import FILES, read
from ml_ci.training.packaging.folders import importable

# What is kept of other people's projects is not what this repository installs.
_OTHERS = frozenset(
    [
        "vendor",
        "vendored",
        "_vendor",
        "third_party",
        "third-party",
        "thirdparty",
        "external",
        "extern",
        "node_modules",
        "site-packages",
        "dist-packages",
        "__pycache__",
        "build",
        "dist",
    ]
)


@dataclass(frozen=True)
class Project:
    """What the packaging of `folder` installs, or would.

    `distribution` is its normalized name ("" for none that is written out); `names` are its top-level names with the
    folders in which they are looked for; `packages` are packages, by dotted name, whose folder has another name.
    """

    folder: Path
    distribution: str
    names: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    packages: Mapping[str, Path] = field(default_factory=dict)


@lru_cache(maxsize=16)
def projects(top: Path) -> tuple[Project, ...]:
    """Read the packaging below a folder. What cannot be parsed counts by the conventions of its backend."""
    return tuple(_project(folder) for folder in _folders(top))


def _folders(top: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in _OTHERS and not name.startswith("."))
        if FILES & set(files):
            yield Path(at)


def _project(folder: Path) -> Project:
    settings = read(folder)
    found = read_declared(settings) or default(settings)
    names: dict[str, tuple[Path, ...]] = {}
    for root, listed in found.roots.items():
        at = folder / root
        for name in importable(at) if listed is None else listed:
            top = name.partition(".")[0]
            names[top] = (*names.get(top, ()), at) if at not in names.get(top, ()) else names[top]
    packages = {name: folder / at for name, at in found.packages.items()}
    for name, at in packages.items():
        names.setdefault(name.partition(".")[0], (at.parent,))
    return Project(folder, normalize(settings.name), names, packages)


def normalize(name: str) -> str:
    """Write the name of a distribution in the one way in which equal names are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()
