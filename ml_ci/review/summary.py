"""The report in the files that a step of a job has, as its summary.

Over 1 MiB GitHub drops a step's summary without a word, so it is never over.
"""

from __future__ import annotations

from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.reports.markdown import render
from ml_ci.reports.values import Report

MOST_BYTES = 1024 * 1024
_MOST_CHARACTERS = 240_000


def write_summary(report: Report, file: Path) -> bool:
    """Append the report to the summary of the step; False where what stands there leaves no room."""
    room = MOST_BYTES - (file.stat().st_size if file.exists() else 0)
    text = fitting(report, room)
    if text:
        append(file, text)
    return bool(text)


def fitting(report: Report, room: int) -> str:
    """Render the report in at most `room` bytes of UTF-8; "" where there is no room for a sentence."""
    limit = min(_MOST_CHARACTERS, room)
    while limit > 200:
        text = f"{render(report, limit, charts=True)}\n"
        size = len(text.encode("utf-8", "replace"))
        if size <= room:
            return text
        limit = min(limit // 2, limit - (size - room) // 4)
    return ""


def append(file: Path, text: str) -> None:
    """Append to a file of the step; UserError when it cannot be written."""
    try:
        with file.open("a", encoding="utf-8", errors="replace", newline="\n") as opened:
            opened.write(text)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}", hint="It should be the file that the runner made.") from None
