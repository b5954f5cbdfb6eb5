"""What a killed worker left on a machine of a cluster is removed by whoever comes next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ml_ci.training.cluster import folders

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="clusters are of Linux machines")
LOCKS = """
import sys, time
from ml_ci.training.cluster import folders
with folders.open_folder(sys.argv[1]) as at:
    (at / "tmp").mkdir()
    print(at, flush=True)
    time.sleep(900)
"""


def _start(*code: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-c", *code)
    return subprocess.Popen(command, env={**os.environ, **(env or {})}, cwd=cwd, stdout=subprocess.PIPE)


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_a_job_is_swept_when_its_worker_is_gone_with_whatever_runs_of_it() -> None:
    """Neither what belongs to a job whose worker lives, nor what only looks alike, is touched."""
    workers = {job: _start(LOCKS, job) for job in ("gone", "lives")}
    waits = "import time; print(flush=True); time.sleep(900)"
    strays: dict[str, subprocess.Popen[bytes]] = {}
    try:
        at = {
            job: Path(os.fsdecode((worker.stdout or sys.stdin.buffer).readline()).strip())
            for job, worker in workers.items()
        }
        strays["works in it"] = _start(waits, cwd=at["gone"] / "tmp")
        strays["has it in its environment"] = _start(waits, env={"TMPDIR": f"{at['gone']}/tmp"})
        strays["of the other job"] = _start(waits, env={"TMPDIR": f"{at['lives']}/tmp"}, cwd=at["lives"])
        strays["of no job"] = _start(waits, cwd=at["gone"].parent)
        for one in strays.values():
            assert one.stdout is not None and one.stdout.readline()
        assert folders.sweep() == ["gone", "lives"]
        workers["gone"].kill()
        workers["gone"].wait()
        assert folders.sweep() == ["lives"]
        assert not at["gone"].exists() and (at["lives"] / "tmp").is_dir()
        assert strays["works in it"].wait(20) == strays["has it in its environment"].wait(20) == -9
        assert strays["of the other job"].poll() is None and strays["of no job"].poll() is None
    finally:
        for one in (*workers.values(), *strays.values()):
            one.kill()
            one.communicate()
