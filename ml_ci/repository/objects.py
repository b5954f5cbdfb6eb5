"""What git's objects contain, read by one git process for as long as it is needed."""

from __future__ import annotations

import os
import subprocess
import weakref
from pathlib import Path
from threading import Lock

from ml_ci.repository.git import start


class Objects:
    """Read objects of the repository around `folder`.

    git is started at the first question and ends with this object. A process that is forked meanwhile starts a git of
    its own: two that share pipes would read each other's answers, and wait for each other's end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reading = Lock()
        self._asked: tuple[int, subprocess.Popen[bytes]] | None = None

    def read(self, known: str) -> bytes:
        """Give the content of the object with this id; FileNotFoundError when the repository does not have it."""
        if not known.isalnum():  # a line end would be a second question, and shift every answer after it
            raise FileNotFoundError(f"{known!r} is no object's id")
        with self._reading:  # one question at a time: models side by side share a base commit's tree
            return _answer(self._process(), known)

    def _process(self) -> subprocess.Popen[bytes]:
        here = os.getpid()
        if self._asked is None or self._asked[0] != here:
            process = start(self._folder, "cat-file", "--batch")
            weakref.finalize(self, _end, process, here)
            self._asked = here, process
        return self._asked[1]


def _answer(process: subprocess.Popen[bytes], known: str) -> bytes:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101
    process.stdin.write(f"{known}\n".encode())
    process.stdin.flush()
    header = process.stdout.readline().split()
    if len(header) != 3:
        raise FileNotFoundError(f"object {known} is not in this repository (a partial clone?)")
    content = process.stdout.read(int(header[2]))
    process.stdout.read(1)
    return content


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """End git and wait for it, where it was started; anywhere else let go of it: it is not ours to wait for."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        assert pipe is not None  # noqa: S101
        pipe.close()
    if os.getpid() == owner:
        process.kill()
        process.wait()
    else:
        process.returncode = 0  # or Python would warn that it still runs
