"""Be the program that `launch.py` was asked for, in this very `__main__`: `isolated.py KIND VALUE ARGUMENTS…`."""

from __future__ import annotations

import os
import sys


def _begin() -> object:
    import importlib.util

    folder = os.path.dirname(os.path.abspath(__file__))
    at = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location("ml_ci_startup", at, submodule_search_locations=[folder])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ml_ci_startup"] = module
    spec.loader.exec_module(module)
    module.start()
    return importlib.import_module("ml_ci_startup.program")


if __name__ == "__main__":
    _begin().run(sys.argv[1], sys.argv[2], sys.argv[3:])  # type: ignore[attr-defined]
