"""Data under DVC that are on this machine: in the checkout, or in DVC's cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ml_ci.changes.content import Contents
from ml_ci.changes.data import in_dvc_cache
from ml_ci.changes.pointers import Pointer
from ml_ci.training.transfer import files


def is_what(pointer: Pointer, place: Path) -> bool:
    """Say whether the file or folder at `place` is the data that a pointer names; False where it names no md5."""
    if pointer.md5 is None or not place.exists():
        return False
    if place.is_dir():
        return _folder_md5(place) == pointer.md5
    kinds = ("md5", "md5-text") if pointer.text else ("md5",)
    return any(Contents(None).digest(place, kind) == pointer.md5 for kind in kinds)


def find_cached(pointer: Pointer, project: Path) -> Mapping[str, Path] | None:
    """Find the data that a pointer names in DVC's cache: each file by its path below the data's own ("." for one file).

    None when not all of them are there.
    """
    content = in_dvc_cache(pointer.digest, project)
    if content is None:
        return None
    if not pointer.digest.endswith(".dir"):
        return {".": content}
    try:
        listed = json.loads(content.read_bytes())
        found = {str(one["relpath"]): in_dvc_cache(f"md5:{one['md5']}", project) for one in listed}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    present = {
        path: place for path, place in found.items() if place is not None and ".." not in PurePosixPath(path).parts
    }
    return present if len(present) == len(found) > 0 else None


def _folder_md5(place: Path) -> str:
    listed = [
        {"md5": Contents(None).digest(one, "md5"), "relpath": one.relative_to(place).as_posix()} for one in files(place)
    ]
    text = json.dumps(sorted(listed, key=lambda one: one["relpath"]), sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"
