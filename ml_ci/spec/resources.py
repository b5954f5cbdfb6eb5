"""What a machine has to have for a job."""

from __future__ import annotations

from ml_ci.frozen import dataclass

_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True)
class Resources:
    """Ask for `cpus` (None: not said), `gpus`, and `memory` in bytes (None: not said) of the machine that a job is on.

    They choose where it is done, and are no part of what comes out.
    """

    cpus: float | None = None
    gpus: int = 0
    memory: int | None = None

    @property
    def text(self) -> str:
        """What is asked, in words: `2 CPUs, 1 GPU, 8 GB of memory`; "" for nothing."""
        said = [] if self.cpus is None else [f"{self.cpus:g} {'CPU' if self.cpus == 1 else 'CPUs'}"]
        said += [f"{self.gpus} {'GPU' if self.gpus == 1 else 'GPUs'}"] if self.gpus else []
        said += [] if self.memory is None else [f"{_size(self.memory)} of memory"]
        return ", ".join(said)


def _size(amount: int) -> str:
    unit, name = next(((unit, name) for unit, name in _UNITS if amount >= unit), (1, "B"))
    return f"{amount / unit:.4g} {name}"
