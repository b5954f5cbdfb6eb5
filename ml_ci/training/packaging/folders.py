"""What can be imported from a folder of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_ENDINGS = (".py", ".pyx", ".so", ".pyd")


def importable(folder: Path) -> Iterator[str]:
    """Name the modules and packages of a folder, packages without `__init__.py` too."""
    for at in _entries(folder):
        if at.is_dir() and at.name.isidentifier() and holds_code(at):
            yield at.name
        elif at.name.endswith(_ENDINGS) and at.name.partition(".")[0].isidentifier():
            yield at.name.partition(".")[0]


def packages(folder: Path) -> Iterator[str]:
    """Name the packages of a folder that have an `__init__.py`."""
    yield from (at.name for at in _entries(folder) if (at / "__init__.py").is_file())


def holds_code(folder: Path, depth: int = 4) -> bool:
    """Say whether a module lies in a folder or a few levels below it."""
    inside = _entries(folder)
    return any(at.name.endswith(_ENDINGS) for at in inside) or (
        depth > 0 and any(holds_code(at, depth - 1) for at in inside if at.is_dir() and at.name.isidentifier())
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
