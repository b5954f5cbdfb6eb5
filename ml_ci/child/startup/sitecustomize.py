"""Begin a Python program of a job, then run the `sitecustomize` that this one hides, if there is one."""

from __future__ import annotations

import os
import sys


def _start() -> None:
    import importlib

    try:
        importlib.import_module("ml_ci_startup").start()
    except Exception:  # a folder that is damaged: the job is not believed, and not ended
        pass


def _chain() -> None:
    import importlib.machinery
    import importlib.util

    own = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or ".") != own]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    _start()
    _chain()
