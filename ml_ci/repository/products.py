"""Tell what an install or a run of Python leaves in a tree: nobody wrote it, and it is in no commit."""

from __future__ import annotations

import re
from pathlib import Path

_BYTE_CODE = re.compile(r"(?:^|/)__pycache__/")
# What `pip install .` leaves where nothing ignores it: setuptools' build folder, and what it notes of the project.
_BUILT = re.compile(r"(?P<project>(?:^|.*?/))build/(?:lib|bdist|temp|scripts)[^/]*/")
_NOTED = re.compile(r"(?P<folder>(?:^|.*?/)[^/]+\.egg-info)/")
_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg")


def is_product(folder: Path, path: str) -> bool:
    """Say whether an untracked file, given relative to `folder`, was left by Python or by an install of a project.

    It is no change of the user's, and no part of what a job sees: the other side has none either.
    """
    if _BYTE_CODE.search(path):
        return True
    built = _BUILT.match(path)
    if built is not None:
        return any((folder / built["project"] / name).is_file() for name in _PACKAGING)
    noted = _NOTED.match(path)
    return noted is not None and (folder / noted["folder"] / "PKG-INFO").is_file()
