"""What a plan says of one model."""

from __future__ import annotations

from typing import Literal, TypeAlias

Action: TypeAlias = Literal["train", "evaluate", "reuse"]
