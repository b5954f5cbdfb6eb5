"""The file in which GitHub Actions tells a step of its event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.reports.text import label

_MOST_EVENT = 32 * 1024 * 1024


def read_event(file: Path | None) -> Mapping[str, Any]:
    """Read the payload of the event; {} without one. UserError when it is no JSON object."""
    if file is None or not file.is_file():
        return {}
    try:
        data = json.loads(_bytes(file))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise UserError(
            f"{file}: the event's payload is no JSON object", hint="Give --event the file of GITHUB_EVENT_PATH."
        )
    return data


def _bytes(file: Path) -> bytes:
    """Read a file up to one byte more than is allowed: what reads it then refuses it."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_EVENT + 1)
    except OSError as error:
        raise UserError(f"{label(str(file))}: {error.strerror}") from None
