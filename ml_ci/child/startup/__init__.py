"""What every Python of a job begins with: it is seeded, and it tells what it opens and where its modules come from.

A copy of this folder, as the package `ml_ci_startup` beside `sitecustomize.py`, stands first on PYTHONPATH in a job
(`ml_ci/training/environment.py`); the copy's own module `job` says what job that is. Nothing of it raises into the
user's program: what goes wrong here is told as `trouble`, and ml-ci does not believe such a job.
"""

from __future__ import annotations

_started: list[bool] = []


def start() -> None:
    """Begin, once in a process."""
    if _started:
        return
    _started.append(True)
    try:
        from . import devices, finder, modules, opened, seeds, told

        for begin in (seeds.begin, finder.begin, modules.begin, opened.begin, devices.begin):
            begin()
        told.begin()
    except Exception as error:
        _trouble(error)


def _trouble(error: Exception) -> None:
    try:
        from . import told

        told.tell("trouble", "%s: %s" % (type(error).__name__, error))
    except Exception:
        pass
