"""A command that makes files: started as one that trains."""

from __future__ import annotations

from ml_ci.training.command import argv, asked, prepare
from ml_ci.training.making import outputs

__all__ = ["argv", "asked", "outputs", "prepare"]
