"""Which GPUs this machine has, and how they were looked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from ml_ci.frozen import dataclass

_SECONDS = 20
_DEVICES = Path("/dev")
_UUID = re.compile(r"\(UUID:[^()]*\)\s*$")


@dataclass(frozen=True)
class Gpus:
    """So many GPUs; `how` says how they were looked for, `names` what they are, where that is known."""

    count: int
    how: str
    names: tuple[str, ...] = ()


@lru_cache
def find_gpus(path: str | None, devices: Path = _DEVICES) -> Gpus:
    """Count the GPUs of this machine: by `nvidia-smi` on PATH, else by the devices `/dev/nvidia0` and so on."""
    tool = shutil.which("nvidia-smi", path=path)
    listed = None if tool is None else _list(tool)
    if listed is not None:
        return Gpus(len(listed), "nvidia-smi -L", listed)
    found = sum(bool(re.fullmatch(r"nvidia\d+", one.name)) for one in devices.glob("nvidia*"))
    said = "nvidia-smi is not on PATH" if tool is None else "nvidia-smi does not answer"
    return Gpus(found, f"{said}, {devices}/nvidia*")


def _list(tool: str) -> tuple[str, ...] | None:
    """Name what nvidia-smi lists, `GPU 0: NVIDIA H200 (UUID: …)`; None where it gives no answer."""
    try:
        done = subprocess.run((tool, "-L"), capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return tuple(_UUID.sub("", line.partition(":")[2]).strip() or "GPU" for line in lines)
