"""Know what a job left by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ml_ci.digests import digest
from ml_ci.spec.values import name_output


def digest_outputs(folder: Path, declared: Iterable[str]) -> Mapping[str, str]:
    """Digest what lies at each declared path below a folder, by the path by which others find it."""
    return {path: _digest(folder / path) for path in map(name_output, declared)}


def _digest(path: Path) -> str:
    """Digest a file by its bytes, a folder by its files and their places in it."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    inside = sorted(one for one in path.rglob("*") if one.is_file())
    return digest(["folder", *((one.relative_to(path).as_posix(), _digest(one)) for one in inside)])
