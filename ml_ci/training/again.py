"""Ask again what a service refused for the time being, and count how many rows a scoring asked again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ml_ci.errors import StageFailed
from ml_ci.training import left

# The file of a job's folder, and the variable that names it to whatever scores: a line a repeated ask, with its rows.
FILE, VARIABLE = "asked-again", "ML_CI_ASKED_AGAIN"
_MOST = 16_000_000  # bytes
_MOST_ROWS = 10**12
# EX_TEMPFAIL of sysexits.h: "the user is invited to retry".
_TRY_LATER = re.compile(r"the job ended with exit code 75(?!\d)")
_TRIES = 6

Ended = TypeVar("Ended")


def ask_patiently(ask: Callable[[], Ended], work: Path, rows: int) -> tuple[Ended, int]:
    """Run a command that scores `rows`, and run it again while it ends with exit code 75: after 1, 2, 4 ... seconds.

    Gives how it ended, and how many rows were asked again, by the command itself too. StageFailed of the last try.
    """
    repeated = 0
    for tried in range(_TRIES):
        try:
            ended = ask()
            return ended, min(repeated + count_again(work), _MOST_ROWS)
        except StageFailed as error:
            if tried == _TRIES - 1 or not _TRY_LATER.match(error.failure.message):
                raise
        repeated += count_again(work) + rows
        time.sleep(2**tried)
    raise AssertionError("the last try returns or raises")


def count_again(work: Path) -> int:
    """Add up the lines that are whole numbers; nothing where nobody noted anything. Other lines are left out."""
    stream = left.open_left(work / FILE)
    if stream is None:
        return 0
    with stream:
        lines = stream.read(_MOST).split(b"\n")
    total = sum(int(line) for line in lines if line.strip().isdigit() and len(line) < 16)
    return min(total, _MOST_ROWS)
