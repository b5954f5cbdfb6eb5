"""The user's checkouts of a repository, beside the copy that a job runs in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ml_ci.repository.repository import Repository
from ml_ci.training.values import Checkout


def checkout(repository: Repository, folder: Path) -> Checkout:
    """Give the top of the copy in which `folder` is the project's, and the tops of all checkouts of the repository.

    A project is often installed from another checkout than the one that is looked at (`git worktree`).
    """
    depth = len(PurePosixPath(repository.prefix).parts)
    copy = folder.parents[depth - 1] if depth else folder
    return Checkout(tuple(dict.fromkeys((repository.top, *_others(repository.top)))), copy)


def _others(top: Path) -> Iterator[Path]:
    common = _common(top / ".git")
    if common is None:
        return
    if common.name == ".git":
        yield common.parent
    for at in sorted((common / "worktrees").glob("*/gitdir")):
        yield Path(_line(at) or top / ".git").parent


def _common(at: Path) -> Path | None:
    """Give the folder that all checkouts share, as the files of one say; None when they do not."""
    if at.is_dir():
        return at
    named = _line(at).removeprefix("gitdir:").strip()
    own = at.parent / named
    shared = _line(own / "commondir")
    return (own / shared).resolve() if named and shared else None


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""
