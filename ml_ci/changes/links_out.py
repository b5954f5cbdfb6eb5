"""Links that git keeps and that lead out of the repository: no commit knows what is there."""

from __future__ import annotations

import os
import posixpath

from ml_ci.changes.globs import is_glob
from ml_ci.changes.remote import is_remote
from ml_ci.errors import UserError
from ml_ci.repository.trees import WorkingTree
from ml_ci.repository.values import Tree

_HINT = "Commit the file itself, or keep it by DVC or Git LFS: what a link leads to is in no commit."


def refuse_links_out(tree: Tree, path: str) -> None:
    """Refuse data of the working tree that are reached by such a link; UserError names it.

    A link that git ignores is the set-up of one machine, and one in the place of DVC's data is held to its pointer.
    """
    folder = tree.folder
    if not isinstance(tree, WorkingTree) or folder is None or is_remote(path):
        return
    for link, commit in tree.links.items():
        if commit is not None or not _concerns(link, _fix(path)):
            continue
        top = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
        place = os.path.realpath(folder / link)
        if not f"{place}{os.sep}".startswith(f"{os.path.realpath(top)}{os.sep}"):
            raise UserError(f"{link} is a link out of the repository, to {place}", hint=_HINT)


def _fix(path: str) -> str:
    """Give the part of a path before any pattern in it."""
    normal = posixpath.normpath(path)
    if is_glob(normal):
        normal = posixpath.dirname(normal[: min(normal.find(sign) for sign in "*?[" if sign in normal)]) or "."
    return normal


def _concerns(link: str, path: str) -> bool:
    """Say whether a link is, or stands above, or lies below the data at a path."""
    return path in (".", link) or link.startswith(f"{path}/") or path.startswith(f"{link}/")
