"""Run ml-ci, and write what came of it as outputs of the step.

What ml-ci trains is the change's own code, and reads what it likes of the processes that it descends from. So nothing
of this process, or of the shell before it, names the files by which a step talks to its workflow: where the outputs go
is read from descriptor 3 and kept in memory, and on Linux no other process of the same user may look into that.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_DUMPABLE = 4
_TOLD = 3


def main(arguments: Sequence[str]) -> None:
    """Run `ml-ci run`; its exit code becomes an output, not this step's end: the report has to be told first."""
    _conceal()
    with os.fdopen(_TOLD) as told:
        outputs = Path(told.read())
    token = secrets.token_hex(16)
    # What the job prints is data and no workflow command.
    print(f"::stop-commands::{token}", flush=True)
    code = _run((sys.executable, "-I", "-m", "ml_ci", "run", *arguments))
    print(f"\n::{token}::", flush=True)
    with outputs.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _outputs(code if code >= 0 else 128 - code))


def _run(command: Sequence[str]) -> int:
    """Run a command to its end; who cancels the step cancels it, and it ends its jobs."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: process.send_signal(received))
    return process.wait()


def _conceal() -> None:
    """Let no other process of this user read the environment, the memory and the descriptors of this one (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _outputs(code: int) -> Sequence[str]:
    report, records = Path(".ml_ci/report.json"), Path(".ml_ci/records")
    found = [f"exit-code={code}"]
    if report.is_file():
        found.append(f"report={Path.cwd() / report}")
    if records.is_dir():
        names = sorted(os.fsencode(path) for path in records.rglob("*") if path.is_file() and not path.is_symlink())
        found.append(f"store-key={hashlib.sha256(b''.join(names)).hexdigest()[:32]}")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
