"""Do something with a module once it was imported, so that nobody pays for an import that is not needed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class AfterImport:
    """Call a function with each module of some names, right after it ran; how it is found is left to the others."""

    def __init__(self, names: Iterable[str], then: Callable[[Any], None]) -> None:
        self.waiting = set(names)
        self.then = then
        self.busy = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find a module that is waited for, and have it looked at once it was imported; None for any other."""
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

        def execute_and_look(module: Any) -> None:
            execute(module)
            self.then(module)

        try:
            spec.loader.exec_module = execute_and_look  # type: ignore[method-assign]
        except AttributeError:
            return None
        return spec
