"""Let one process at a time move a model's champion, or deploy it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ml_ci.registry.values import RefusedError
from ml_ci.steps.values import Project


@contextmanager
def alone(project: Project, name: str) -> Iterator[None]:
    """Let one process at a time move a model's champion; the other is told, and a killed one's lock is free again."""
    from filelock import FileLock, Timeout

    folder = project.store.ready() / "locks"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"registry-{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        message = f"another process is moving the champion of {name}"
        raise RefusedError(message, hint="Wait for it, and see `ml-ci history " + name + "`.") from None
    try:
        yield
    finally:
        lock.release()
