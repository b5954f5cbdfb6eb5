"""A job that was given to the cluster: what it tells, what is told to it, and its end."""

from __future__ import annotations

from typing import Any

from ml_ci.frozen import dataclass

CALL = 30.0  # seconds for one call


@dataclass(frozen=True)
class Task:
    """One job: `told` is the stream of what it tells, `talker` its worker where it is talked with: its own."""

    ray: Any
    told: Any
    talker: Any = None

    def tell(self, content: bytes | None) -> None:
        """Tell the job something, None that this was all; Ray's error where it is gone, or takes nothing in time."""
        self.ray.get(self.talker.tell.remote(content), timeout=CALL)

    def end(self) -> None:
        """End the job by force: nothing of its worker runs after that."""
        if self.talker is None:
            self.ray.cancel(self.told, force=True)
        else:
            self.ray.kill(self.talker)
