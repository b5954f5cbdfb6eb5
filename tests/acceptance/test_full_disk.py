"""A full disk, of the state, of temporary files or of a shared store, is told by its path, and damages nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Mounted = Callable[..., Any]


def disk(mounted: Mounted, at: Path, kilobytes: int) -> Any:
    return mounted(at, "-t", "tmpfs", "-o", f"size={max(4, kilobytes)}k", "tmpfs")


def fill(at: Path, left: int) -> Path:
    """Leave so many kilobytes on a disk."""
    room = os.statvfs(at)
    ballast = at / "ballast"
    ballast.write_bytes(b"x" * max(0, room.f_bavail * room.f_bsize - left * 1024))
    return ballast


def held(answer: Any, at: Path) -> None:
    """Hold that a command ended by the disk at `at`, or got by."""
    assert "Traceback" not in answer.err
    assert answer.code in (0, 1, 2)
    assert "standard output" not in answer.err
    if answer.code == 2:
        assert re.search(rf"{re.escape(str(at))}[^\n:]*: No space left on device", answer.err), answer.err
        assert "Make room there" in answer.err
    elif answer.code == 1:
        assert "No space left" in answer.out, answer.out


@pytest.mark.parametrize("left", [0, 8, 64, 256, 600])
def test_of_the_state_folder(project: Any, mounted: Mounted, left: int) -> None:
    state = project.path / ".ml_ci"
    with disk(mounted, state, 4000):
        ballast = fill(state, left)
        held(project.command("run"), state)
        ballast.unlink()
        assert project.command("run").code == 0
        project.verify()


@pytest.mark.parametrize("left", [8, 64])  # where not one byte can be written, Python takes another folder
def test_of_temporary_files(project: Any, mounted: Mounted, tmp_path: Path, left: int) -> None:
    at = tmp_path / "temporary"
    quoted = "x,region,bought\n" + "".join(f'0.{n % 90},"E""U",{("no", "yes")[n % 2]}\n' for n in range(8000))
    project.write({"data/holdout.csv": quoted})
    project.commit()
    with disk(mounted, at, 4000):
        fill(at, left)
        answer = project.command("run", env={**os.environ, "TMPDIR": str(at)})
        held(answer, at)
        assert answer.code == 2


def test_of_a_shared_store(project: Any, mounted: Mounted, tmp_path: Path) -> None:
    assert project.run().code in (0, 1)
    at = tmp_path / "store"
    with disk(mounted, at, 100):
        ballast = fill(at, 0)
        answer = project.command("records", "push", "--store", f"file://{at}")
        assert "Traceback" not in answer.err
        assert answer.code == 2, (answer.out, answer.err)
        assert str(at) in answer.err
        assert "No space left" in answer.err
        ballast.unlink()


def test_of_a_log_that_a_job_fills(project: Any, mounted: Mounted) -> None:
    """The job is not held up by a log that nobody can write."""
    project.edit("model.py", "    means = []", "    for n in range(20_000):\n        print('x' * 99)\n    means = []")
    state = project.path / ".ml_ci"
    with disk(mounted, state, 1500):
        ballast = fill(state, 400)
        answer = project.command("run", timeout=120)
        held(answer, state)
        assert answer.code == 2
        ballast.unlink()


def test_a_report_that_is_told_where_nothing_can_be_written(project: Any) -> None:
    project.run()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            (sys.executable, "-m", "ml_ci", "report"),
            cwd=project.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "standard output: No space left on device" in done.stderr
