"""The functions of `scipy.special` that the statistics need, without what its package imports beside them.

These are the ufuncs of scipy itself. Its package wraps them for other kinds of arrays, for which it imports half of
numpy's tools: 0.4 s of CPU, where the functions take 0.02.
"""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

import scipy

_PACKAGE = f"{scipy.__name__}.special"
_NAMES = ("betainc", "betaincinv", "betaln", "ndtr", "ndtri", "stdtr", "stdtrit")


def load_functions() -> tuple[Any, ...]:
    """Give the functions, in the order of `_NAMES`: from the package where it is there already, or cannot be passed by.

    ImportError without scipy.
    """
    if _PACKAGE not in sys.modules and threading.active_count() == 1:  # another thread may import it just now
        try:
            return _pick(_load_without_package())
        except Exception:  # noqa: S110  # another version of scipy has them elsewhere
            pass
    return _pick(importlib.import_module(_PACKAGE))


def _pick(module: ModuleType) -> tuple[Any, ...]:
    return tuple(getattr(module, name) for name in _NAMES)


def _load_without_package() -> ModuleType:
    """Import the module of the ufuncs in an empty package, which is gone after it: later imports get the whole one."""
    spec = find_spec(_PACKAGE)
    if spec is None:
        raise ImportError(_PACKAGE)
    sys.modules[_PACKAGE] = module_from_spec(spec)
    try:
        return importlib.import_module(f"{_PACKAGE}._ufuncs")
    finally:
        del sys.modules[_PACKAGE]


betainc, betaincinv, betaln, ndtr, ndtri, stdtr, stdtrit = load_functions()
