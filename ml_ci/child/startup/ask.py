"""Say where this Python finds modules, without running any of them: `python -m ml_ci_startup.ask NAME…` prints JSON."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def origin(name: str) -> str | None:
    """Give the file of a module, the first folder of one without a file, or None where it is not found."""
    path: Any = None
    parts = name.split(".")
    spec: Any = None
    for count in range(1, len(parts) + 1):
        spec = _find(".".join(parts[:count]), path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if path is None and count < len(parts):
            return None
    return spec.origin if spec.has_location else next(iter(path or [spec.origin]), None)


def _find(name: str, path: Any) -> Any:
    try:
        for finder in list(sys.meta_path):
            spec = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return spec
    except ImportError:
        pass
    return None


def main() -> None:
    """Print where each named module is found, and what of this repository is installed here."""
    import json

    from .finder import installed_distributions

    found = {name: origin(name) for name in sys.argv[1:]}
    print(json.dumps({"modules": found, "installed": sorted(installed_distributions())}))


if __name__ == "__main__":
    main()
