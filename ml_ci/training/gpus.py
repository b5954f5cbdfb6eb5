"""Which GPUs this machine has, and how they were looked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_SECONDS = 20
_DEVICES = Path("/dev")


@dataclass(frozen=True)
class Gpus:
    """So many GPUs; `how` says how they were looked for."""

    count: int
    how: str


@lru_cache
def find_gpus(path: str | None, devices: Path = _DEVICES) -> Gpus:
    """Count the GPUs of this machine: by `nvidia-smi` on PATH, else by the devices `/dev/nvidia0` and so on."""
    tool = shutil.which("nvidia-smi", path=path)
    listed = None if tool is None else _list(tool)
    if listed is not None:
        return Gpus(listed, "nvidia-smi -L")
    found = sum(bool(re.fullmatch(r"nvidia\d+", one.name)) for one in devices.glob("nvidia*"))
    said = "nvidia-smi is not on PATH" if tool is None else "nvidia-smi does not answer"
    return Gpus(found, f"{said}, {devices}/nvidia*")


def _list(tool: str) -> int | None:
    """Count what nvidia-smi lists; None where it gives no answer."""
    try:
        done = subprocess.run((tool, "-L"), capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return sum(line.startswith("GPU ") for line in done.stdout.splitlines())
