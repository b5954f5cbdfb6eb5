"""Which devices a job used: as its libraries said at its end, and as the system shows the files that it held open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from ml_ci.training.ran import CPU
from ml_ci.training.told import Line

_PROC, _DEV = Path("/proc"), Path("/dev")
# What computes: NVIDIA's, AMD's, Google's; not those that only draw or only tell of others.
_FILE = re.compile(r"(?:nvidia|accel)\d+|kfd")
# They look at a device, and compute nothing on it.
_LOOKERS = {"nvidia-smi", "nvtop", "rocm-smi", "nvidia-persiste", "gpustat"}
_KEYS = {"device", "devices", "device_type", "device_name", "task_type", "tree_method", "accelerator"}
_SWITCHES = {"gpu", "cuda", "use_gpu", "use_cuda"}
_GPU = re.compile(r"(?:cuda|gpu|rocm|hip|mps|xpu|tpu)(?:[:_]\w+)?", re.IGNORECASE)
_MOST, _LONGEST = 16, 200

Opened = frozenset[tuple[int, str]]


@lru_cache
def has_devices(dev: Path = _DEV) -> bool:
    """Say whether this machine has a device whose file a job could open: where not, nobody need look."""
    return any(_FILE.fullmatch(one.name) for one in dev.glob("*"))


def list_opened(processes: Iterable[int], proc: Path = _PROC) -> Iterator[tuple[int, str]]:
    """Give the devices that processes hold open, each with the process; what has ended or is another's has none."""
    for pid in processes:
        at = proc / str(pid)
        try:
            if (at / "comm").read_text("utf-8", "replace").strip() in _LOOKERS:
                continue
            held = {os.path.basename(os.readlink(one)) for one in (at / "fd").iterdir()}  # noqa: PTH115, PTH119
        except OSError:
            continue
        yield from ((pid, name) for name in sorted(held) if _FILE.fullmatch(name))


def list_used(told: Iterable[Line], opened: Opened, gpus: tuple[str, ...]) -> tuple[str, ...]:
    """Give the devices that a job used, `cpu` where it was seen to use no other.

    The file of a device that a process held open counts where no library of that process said what it used: asking
    whether there is a GPU opens it too.
    """
    lines = [line for line in told if line.kind == "device" and len(line.fields) == 3 and line.fields[2] == "used"]
    said = {line.pid for line in lines}
    used = [_name(line.fields[1], gpus) for line in lines if line.fields[1] != CPU]
    used += [_name(name, gpus) for pid, name in sorted(opened) if pid not in said]
    return tuple(dict.fromkeys(used))[:_MOST] or (CPU,)


def _name(device: str, gpus: tuple[str, ...]) -> str:
    """Name a device as the machine does, where its number alone is known."""
    plain = " ".join(device.split())[:_LONGEST]
    found = re.fullmatch(r"(?:nvidia|cuda:)(\d+)", plain)
    if found is None:
        return f"cuda:0 {gpus[0]}" if plain == "cuda" and len(gpus) == 1 else plain
    at = int(found[1])
    return f"cuda:{at} {gpus[at]}" if at < len(gpus) else f"cuda:{at}"


def list_asked(told: Iterable[Line], params: Mapping[str, object]) -> tuple[str, ...]:
    """Say what asks for another device than the CPU: a parameter, or what a model was made with."""
    lines = [line for line in told if line.kind == "device" and len(line.fields) == 3 and line.fields[2] == "asked"]
    asked = [f"`{' '.join(line.fields[1].split())}` of {line.fields[0]}" for line in lines]
    return tuple(dict.fromkeys((*_list_params(params, "params"), *asked)))[:_MOST]


def _list_params(params: Mapping[str, object], at: str) -> Iterator[str]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _list_params(value, f"{at}.{key}")
        elif _asks(str(key).lower(), value):
            yield f"`{at}.{key}: {value}`"[:_LONGEST]


def _asks(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value and key in _SWITCHES
    return key in _KEYS and isinstance(value, str) and _GPU.fullmatch(value) is not None
