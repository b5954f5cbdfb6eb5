"""Put ml-ci, from the checkout that this file lies in, into a virtual environment of its own.

`install.py place` says where that is and under which key it may be cached; `install.py` makes it when it is not there.
`install.py new` makes one for this run alone: what holds a token to write must not meet what an earlier job left on the
machine, and whoever could write there could also write `complete`. Where REGISTRY names a registry, MLflow's client is
in it; where CURVES is set, what draws the curves of a page, if there is a build of it for this machine.
Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there the last look before the move has to do
    fcntl = None  # type: ignore[assignment]

CHECKOUT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).resolve().with_name("requirements.lock")
REGISTRY_LOCK = Path(__file__).resolve().with_name("registry.lock")
CURVES_LOCK = Path(__file__).resolve().with_name("curves.lock")
_SOURCES = ("ml_ci", "pytest_plugin", "templates")
_COMPLETE = "complete"


def place() -> Path:
    """Give the folder of the environment: another one for other sources, another lock or another Python."""
    cache = os.environ.get("RUNNER_TOOL_CACHE") or str(Path.home() / ".cache")
    return Path(cache) / "ml-ci" / digest()


def new_place() -> Path:
    """Give a folder that nobody has had before, in what the runner empties after the job."""
    return Path(tempfile.mkdtemp(prefix="ml-ci-", dir=os.environ.get("RUNNER_TEMP"))) / "environment"


def digest() -> str:
    """Digest everything that the environment depends on."""
    found = hashlib.sha256(f"{sys.version} {sys.base_prefix} {platform.platform()}".encode())
    for file in _files():
        found.update(f"\n{file.relative_to(CHECKOUT).as_posix()}\n".encode() + file.read_bytes())
    return found.hexdigest()[:32]


def install(at: Path) -> None:
    """Make the environment beside its place and move it there whole; of jobs on one machine one does, the others wait.

    An environment that is complete is never touched: a job may be running from it.
    """
    with _alone(at):
        if (at / _COMPLETE).is_file():
            print(f"ml-ci is in {at} already")
            return
        with tempfile.TemporaryDirectory(prefix=f"{at.name}-", dir=at.parent) as folder:
            made = Path(folder) / "environment"
            _fill(made)
            (made / _COMPLETE).touch()
            if (at / _COMPLETE).is_file():
                return
            shutil.rmtree(at, ignore_errors=True)  # half an environment, from a cache that was cut off
            made.rename(at)


@contextmanager
def _alone(at: Path) -> Iterator[None]:
    """Wait until no other process makes this environment; a killed one's lock is free again."""
    at.parent.mkdir(parents=True, exist_ok=True)
    with at.with_name(f"{at.name}.lock").open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def interpreter(environment: Path) -> Path:
    """Give the Python of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main(arguments: list[str]) -> None:
    """Write the step's outputs `path`, `key` and `python`, and, without `place`, install; `new` installs apart."""
    at = new_place() if arguments == ["new"] else place()
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"path={at}\nkey=ml-ci-{at.name}\npython={interpreter(at)}\n")
    if arguments != ["place"]:
        install(at)


def locks() -> tuple[Path, ...]:
    """Name the locks that are installed, one after the other."""
    return (LOCK, REGISTRY_LOCK) if os.environ.get("REGISTRY") else (LOCK,)


def _files() -> Iterator[Path]:
    yield from (CHECKOUT / "pyproject.toml", *locks(), *([CURVES_LOCK] if os.environ.get("CURVES") else []))
    for source in _SOURCES:
        found = (file for file in (CHECKOUT / source).rglob("*") if file.is_file())
        yield from sorted(file for file in found if "__pycache__" not in file.parts and ".egg-info" not in str(file))


def _fill(made: Path) -> None:
    _add_locked(made)
    _add_own(made)


def _add_locked(made: Path) -> None:
    subprocess.run((sys.executable, "-I", "-m", "venv", str(made)), check=True)
    for lock in locks():
        _pip_install(made, "--require-hashes", "--requirement", str(lock))
    if os.environ.get("CURVES"):
        try:
            _pip_install(made, "--require-hashes", "--only-binary", ":all:", "--requirement", str(CURVES_LOCK))
        except subprocess.CalledProcessError:
            print("::notice title=ml-ci::No build of vl-convert-python for this machine: pages have no curves.")


def _add_own(made: Path) -> None:
    """A build leaves files beside the sources: it gets a copy of them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ml-ci"
        shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".*", "tests", "build", "__pycache__"))
        _pip_install(made, "--no-deps", "--no-build-isolation", str(copy))


def _pip_install(made: Path, *what: str) -> None:
    pip = (str(interpreter(made)), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    subprocess.run((*pip, "--no-compile", *what), check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
