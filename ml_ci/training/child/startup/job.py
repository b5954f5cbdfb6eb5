"""What the job is. In a job's own copy of this folder another file stands here (`ml_ci/training/environment.py`)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JOB: dict[str, Any] = {"told": "", "tops": []}
