"""Seed the global random generators of a Python program."""

from __future__ import annotations

import os
import sys

from .after_import import AfterImport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


SEED = "ML_CI_SEED"


def _seed_module(module: Any, seed: int) -> None:
    module.seed(seed % 2**32)


def install_seed(seed: int) -> None:
    """Seed the global generators of `random` and numpy: now where they are imported, at their import otherwise."""
    hook = AfterImport(("random", "numpy.random"), lambda module: _seed_module(module, seed))
    for name in sorted(hook.waiting):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "seed"):
            _seed_module(module, seed)
            hook.waiting.discard(name)
    if hook.waiting:
        sys.meta_path.insert(0, hook)


def begin() -> None:
    """Seed what the job's environment asks for."""
    seed = os.environ.get(SEED, "")
    if seed.lstrip("-").isdigit():
        install_seed(int(seed))
