"""Change a copy of the tree, and run tests in it: the tree itself is never touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

# A run that takes so many times longer than the unchanged one, and so many seconds, hangs.
_PATIENCE, _LEAST_SECONDS = 4.0, 30.0
_LONGEST = 1800.0
_NO_TESTS = 5


class Workshop:
    """A copy of the tree with an interpreter of its own that imports from it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = folder / "tree"
        _copy(root, self.root)
        self.python = _interpreter(folder / "python", self.root, root)
        self.environment = _environment(root)
        self.written = time.time()
        self.seconds: dict[tuple[str, ...], float | None] = {}

    def write(self, module: str, source: bytes) -> None:
        """Write a module; compiled ones are known by the second of their writing, so that each comes later."""
        self.written += 2
        path = self.root / module
        path.write_bytes(source)
        os.utime(path, (self.written, self.written))

    def is_noticed(self, tests: Sequence[str]) -> bool:
        """Say whether these tests fail, or never end, on what was written last."""
        took = self.seconds.get(tuple(tests))
        if not tests or took is None:
            return False
        code, _ = self.run(tests, max(_PATIENCE * took, took + _LEAST_SECONDS))
        return code not in (0, _NO_TESTS)

    def measure(self, tests: Sequence[str]) -> str:
        """Run tests on the unchanged tree once, to know how long they take; give what they print where they fail."""
        if not tests or tuple(tests) in self.seconds:
            return ""
        began = time.monotonic()
        code, printed = self.run(tests, _LONGEST)
        self.seconds[tuple(tests)] = time.monotonic() - began if code == 0 else None
        return "" if code in (0, _NO_TESTS) else printed

    def run(self, tests: Sequence[str], limit: float) -> tuple[int, str]:
        """Give the exit code of the tests, and the end of what they printed; -1 where the time was up."""
        command = [str(self.python), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        running = subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            printed, _ = running.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return -1, ""
        finally:
            _end(running)
        return running.returncode, printed.decode(errors="replace")[-3000:]


def _end(running: subprocess.Popen[bytes]) -> None:
    """End the tests with everything that they started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _copy(root: Path, to: Path) -> None:
    """Copy what git would commit, changed or not, and a repository around it for the tests that ask for one."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=root,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name, follow_symlinks=False)


def _interpreter(folder: Path, tree: Path, root: Path) -> Path:
    """Make an environment whose packages are this interpreter's, and whose ml_ci is that of the copy."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    inside = {str(root), str(root / "pytest_plugin"), str(Path(__file__).parents[1])}
    others = [path for path in sys.path if path.endswith("-packages") and path not in inside]
    (packages / "tree.pth").write_text("\n".join([str(tree), str(tree / "pytest_plugin"), *others]) + "\n")
    return folder / "bin" / "python"


def _environment(root: Path) -> dict[str, str]:
    """Let laws try the same examples each time, and find the real data beside the tree."""
    found = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    data = root.parent / "shared" / "data"
    if data.is_dir():
        found.setdefault("ML_CI_SHARED_DATA", str(data))
    return {**found, "CI": "1"}
