"""How long each stage took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

STAGES = ("plan", "train", "evaluate", "gate")


class Clock:
    """Add up wall seconds by stage."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time of a `with` block to `stage`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds[stage] + time.perf_counter() - started, 4)
