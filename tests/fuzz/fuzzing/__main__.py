"""Fuzz one reader: `python fuzzing READER SECONDS SEED`; prints what came out as JSON.

A process of its own for each, so that its peak of memory is that reader's. What takes over `HANG` seconds of its time
on the processor is interrupted, and counts as a traceback.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from mutate import mutate
from readers import READERS, Reader

HANG = 20.0
_MOST_TRACEBACKS = 5
_FEWEST = 40  # mutations, also where the machine is busy


class HangError(BaseException):
    """Say that an input took too long."""


def _hangs(number: int, frame: object) -> None:
    raise HangError


def fuzz(reader: Reader, seconds: float, seed: int) -> dict[str, Any]:
    """Read the seeds, then mutations of them for so many seconds."""
    chance = random.Random(seed)
    told: dict[str, Any] = {
        "inputs": 0,
        "accepted": 0,
        "refused": 0,
        "tracebacks": 0,
        "examples": [],
        "slowest": [0, ""],
    }
    ends = time.monotonic() + seconds
    waiting = list(reader.seeds)
    while waiting or time.monotonic() < ends or told["inputs"] < len(reader.seeds) + _FEWEST:
        content = waiting.pop() if waiting else mutate(chance, reader.seeds, reader.words)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HANG)
        try:
            reader.read(content)
            told["accepted"] += 1
        except reader.refuses:
            told["refused"] += 1
        except (Exception, HangError):
            told["tracebacks"] += 1
            if len(told["examples"]) < _MOST_TRACEBACKS:
                told["examples"].append([repr(content[:3000]), traceback.format_exc()[-1500:]])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        told["inputs"] += 1
        took = time.process_time() - began
        if took > told["slowest"][0]:
            told["slowest"] = [round(took, 2), repr(content[:1000])]
    return told


def _peak() -> float:
    """Give the peak of this process's memory in 10^6 bytes; ru_maxrss starts from that of whoever started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Fuzz, and print."""
    signal.signal(signal.SIGPROF, _hangs)
    name, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        told = fuzz(READERS[name](Path(folder)), seconds, seed)
    print(json.dumps({**told, "megabytes": round(_peak())}))


main()
