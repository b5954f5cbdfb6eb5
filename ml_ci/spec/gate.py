"""One gate as `ml-ci.yaml` has it."""

from __future__ import annotations

from ml_ci.conditions import Condition
from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class GateSpec:
    """One line under `gates:`: its text as written, what it parses to, and the line in `ml-ci.yaml`."""

    text: str
    condition: Condition
    line: int | None = None
