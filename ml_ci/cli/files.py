"""The files that a command is asked to write: what is wrong with one is said before the work, not after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ml_ci.errors import UserError

# The forms of what can be drawn, and the endings of files that say which.
FORMS = ("text", "json", "svg", "mermaid")
FORM_ENDINGS = {".json": "json", ".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid"}


def check(option: str, file: Path | str, endings: Sequence[str] = ()) -> None:
    """Hold that `file` can be written, with one of `endings` where these say what is written; UserError otherwise."""
    path = Path(file)
    named = f"{option} {file}"
    if endings and path.suffix not in endings:
        kinds = " or a ".join(endings)
        raise UserError(f"{named}: what to write is told by the ending", hint=f"Name a {kinds} file.")
    if path.is_dir():
        raise UserError(f"{named}: this is a folder", hint="Name a file in it.")
    if not path.resolve().parent.is_dir():
        raise UserError(f"{named}: there is no folder {path.parent}", hint="Make it first.")
