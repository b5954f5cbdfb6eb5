"""Seed the global random generators of a Python program."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


SEED = "ML_CI_SEED"


class _SeedOnImport:
    """Seed `random` and `numpy.random` at their import, so that nobody pays for an import that is not needed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.waiting = {"random", "numpy.random"}
        self.busy = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find a module that waits for its seed, to be seeded once it is imported; None for any other."""
        if name not in self.waiting or self.busy:
            return None
        import importlib.util

        self.busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy = False
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return None
        self.waiting.discard(name)
        execute = spec.loader.exec_module

        def execute_and_seed(module: Any) -> None:
            execute(module)
            _seed_module(module, self.seed)

        try:
            spec.loader.exec_module = execute_and_seed  # type: ignore[method-assign]
        except AttributeError:
            return None
        return spec


def _seed_module(module: Any, seed: int) -> None:
    module.seed(seed % 2**32)


def install_seed(seed: int) -> None:
    """Seed the global generators of `random` and numpy: now where they are imported, at their import otherwise."""
    hook = _SeedOnImport(seed)
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
