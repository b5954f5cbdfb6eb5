"""What a notebook says: the source of its code cells."""

from __future__ import annotations

import json

_MAGIC = ("%", "!", "?")


def code_cells(content: bytes) -> tuple[str, ...] | None:
    """Give the source of the code cells in order, without outputs and metadata; None when it is no notebook."""
    try:
        cells = json.loads(content)["cells"]
        return tuple(_source(cell) for cell in cells if cell["cell_type"] == "code")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def without_magics(cell: str) -> str:
    """Replace a cell's magics and shell lines, so that the rest is Python.

    A cell in another language (`%%bash`) is empty. A line `%time train()` becomes `pass`.
    """
    if cell.lstrip().startswith("%%") and not cell.lstrip().startswith(("%%time", "%%capture", "%%timeit")):
        return ""
    return "\n".join(_line(line) for line in cell.splitlines())


def _line(line: str) -> str:
    text = line.lstrip()
    if not text.startswith(_MAGIC):
        return line
    return line[: len(line) - len(text)] + "pass"


def _source(cell: dict[str, object]) -> str:
    source = cell["source"]
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return str(source)
