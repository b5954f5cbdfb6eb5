"""Which machine jobs run on: its processor, its cores, its GPUs by name."""

from __future__ import annotations

import os
import platform
import re
from functools import lru_cache
from pathlib import Path

from ml_ci.training.gpus import find_gpus
from ml_ci.training.ran import Hardware

_PROC = Path("/proc")
_LONGEST = 120
# By what the kernel says of a processor: x86, POWER, s390, some of ARM.
_NAMES = re.compile(r"^(?:model name|cpu model|Model|Hardware|cpu)\s*:\s*(.*[A-Za-z].*)$", re.MULTILINE)
_GPU = re.compile(r"^Model:\s*(.+)$", re.MULTILINE)


@lru_cache
def find_hardware(path: str | None, proc: Path = _PROC) -> Hardware:
    """Find out which machine this is, once in a process; `path` is the PATH on which nvidia-smi is looked for.

    The driver's own files name the GPUs where there are any, since nvidia-smi takes its time.
    """
    gpus = _read_driver(proc) or find_gpus(path).names
    return Hardware(_name_cpu(proc), _count_cores(), tuple(name[:_LONGEST] for name in gpus))


def _name_cpu(proc: Path) -> str:
    """Name the processor; by its architecture where the system has no name for it."""
    try:
        found = _NAMES.search((proc / "cpuinfo").read_text("utf-8", "replace"))
    except OSError:
        found = None
    name = found[1] if found else platform.processor() or platform.machine()
    return " ".join(name.split())[:_LONGEST]


def _count_cores() -> int:
    """Count the cores that this process may use; a limit of its share of time is not among what is known."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 0


def _read_driver(proc: Path) -> tuple[str, ...]:
    names = []
    for one in sorted(proc.glob("driver/nvidia/gpus/*/information")):
        try:
            found = _GPU.search(one.read_text("utf-8", "replace"))
        except OSError:
            continue
        if found:
            names.append(found[1].strip())
    return tuple(names)
