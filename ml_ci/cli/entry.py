"""The first thing that `ml-ci` loads: an interrupt ends it with a sentence even while the rest is still loaded."""

from __future__ import annotations

import os
import signal
import sys

_INTERRUPTED = 130


def _stop(number: int, frame: object) -> None:
    """End at once: nothing was begun, and half of what would tell of it is not loaded."""
    sys.stderr.write("interrupted: nothing was begun\n")
    sys.stderr.flush()
    os._exit(_INTERRUPTED)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # one that is ignored stays ignored
    signal.signal(signal.SIGINT, _stop)


def main() -> None:
    """Load the command line and run it; it takes interrupts over as soon as it can end in order."""
    from ml_ci.cli.main import main as run

    run()
