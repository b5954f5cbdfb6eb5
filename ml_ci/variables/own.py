"""The variables of this process."""

from __future__ import annotations

import os


def read_environment() -> dict[str, str]:
    """Give this process's variables, also while another thread takes some of them away or puts them back."""
    return {name: value for name in list(os.environ) if (value := os.environ.get(name)) is not None}
