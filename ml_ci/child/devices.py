"""Have a worker looked at for the devices that it used, while its model is there."""

from __future__ import annotations

import sys


def note_devices() -> None:
    """Tell the devices by what the job's beginning knows of them; nothing where that is not in effect."""
    found = sys.modules.get("ml_ci_startup.devices")
    if found is not None:
        found.tell_devices()
