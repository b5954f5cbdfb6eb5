"""Refuse what a model needs and a sparse checkout leaves out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from ml_ci.errors import UserError
from ml_ci.repository.values import Tree


def refuse_left_out(tree: Tree, paths: Iterable[str]) -> None:
    """Raise UserError, with the command that brings them, for files that git knows and a job could not open."""
    if not tree.left_out:
        return
    missing = [path for path in paths if path in tree.left_out]
    if missing:
        more = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        message = f"{missing[0]}{more}: not checked out (the sparse checkout leaves it out), and the model needs it"
        folder = posixpath.dirname(missing[0])
        command = f"git sparse-checkout add {folder}" if folder else "git sparse-checkout disable"
        raise UserError(message, hint=f"Check it out: {command}.")
