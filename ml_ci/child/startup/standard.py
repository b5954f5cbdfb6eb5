"""The standard library, which no folder of a repository hides."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any


class StandardFirst:
    """Find the standard library's modules past some folders of `sys.path`; the `kept` names are found there."""

    def __init__(self, folders: Collection[str], kept: Collection[str]) -> None:
        self.folders = folders
        self.kept = kept

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Find a top-level module of the standard library; None for any other."""
        if path is not None or name in self.kept or not is_standard(name):
            return None
        return PathFinder.find_spec(name, [entry for entry in sys.path if entry not in self.folders])


def is_standard(name: str) -> bool:
    """Say whether a top-level module is the standard library's."""
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return name in names
    folder = os.path.dirname(os.__file__)
    return name in sys.builtin_module_names or any(
        os.path.exists(os.path.join(folder, name + ending)) for ending in (".py", os.sep + "__init__.py")
    )
