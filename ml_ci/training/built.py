"""Modules that are built and not kept in git: compiled extensions, and what a build generates.

A job tells of each that its own side does not have and an installation does (`generated`). Where the copy's sources are
those that it was built from, the built file serves; otherwise the copy's project is built, once per digest of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import KEPT, list_files
from ml_ci.training.ending import duration
from ml_ci.training.executors import executor
from ml_ci.training.log import tail
from ml_ci.training.packaging import Project, projects
from ml_ci.training.process import Order
from ml_ci.training.progress import Silent
from ml_ci.training.told import Line
from ml_ci.training.values import Checkout, Request
from ml_ci.variables.masks import Mask

_SOURCES = frozenset(".c .cc .cpp .cxx .h .hpp .pyx .pxd .pxi .rs .f .f90 .f95 .cu .in".split())  # noqa: SIM905
_FILES = frozenset({"setup.py", "meson.build", "CMakeLists.txt", "Cargo.toml", "Cargo.lock"})
_EXTENSIONS = (".so", ".pyd")
_SKIPPED = frozenset({"build", "dist", "node_modules", "__pycache__"})
_SECONDS = 1800.0


def folder(at: Checkout, request: Request) -> Path:
    """Give where what was built for the jobs of a copy lies."""
    key = hashlib.sha256(f"{at.copy}\0{request.interpreter.path}".encode()).hexdigest()[:12]
    return at.copy.parent / f"built-{key}"


def find_needed(lines: list[Line], *, failed: bool) -> dict[str, Path]:
    """Give the modules to build, with the file that an installation has of each.

    A module of Python counts where the job failed: a program that does without one that its side has not goes on.
    """
    told = {line.fields[0]: Path(line.fields[1]) for line in lines if line.kind == "generated" and len(line.fields) > 1}
    return {name: file for name, file in told.items() if failed or file.name.endswith(_EXTENSIONS)}


def build(at: Checkout, request: Request, modules: Mapping[str, Path], environment: Mapping[str, str]) -> bool:
    """Have the modules stand in `folder`; False when a build gives none of them.

    StageFailed when an extension cannot be built; a module of Python that cannot is missing as it was.
    """
    target = folder(at, request)
    missing = {name: file for name, file in modules.items() if not _there(target, name) and not _is_kept(at, file)}
    for name, file in missing.items():
        project = _owner(at, name)
        if project is not None and _serves(at, project, file):
            _put(file, target.joinpath(*name.split(".")[:-1]) / file.name)
        elif project is not None:
            try:
                _pip(request, project, target, environment)
            except StageFailed:
                if file.name.endswith(_EXTENSIONS):
                    raise
    return any(_there(target, name) for name in missing)


def _is_kept(at: Checkout, file: Path) -> bool:
    """Say whether a file is one that git has, or would: then it is no build's, and this side does not have it."""
    real = Path(os.path.realpath(file))
    for top in at.tops:
        if real.is_relative_to(os.path.realpath(top)) and not file.name.endswith(_EXTENSIONS):
            try:
                return bool(list_files(top, KEPT, [str(real)]))
            except GitError:
                return True
    return False


def _there(target: Path, name: str) -> bool:
    *parts, last = name.split(".")
    at = target.joinpath(*parts)
    return any(at.glob(f"{last}.*")) or (at / last / "__init__.py").is_file()


def _owner(at: Checkout, name: str) -> Project | None:
    top = name.partition(".")[0]
    return next((one for one in projects(Path(os.path.realpath(at.copy))) if top in one.names), None)


def _serves(at: Checkout, project: Project, file: Path) -> bool:
    """Say whether a built extension was made from the copy's sources: they are the checkout's, and older than it."""
    if not file.name.endswith(_EXTENSIONS):
        return False
    copy = Path(os.path.realpath(at.copy))
    inside = project.folder.relative_to(copy)
    for top in at.tops:
        there = _digests(top / inside, top)
        if there == _digests(project.folder, copy):
            newest = max(((top / name).stat().st_mtime for name in there), default=0.0)
            return file.stat().st_mtime >= newest
    return False


def _digests(project: Path, top: Path) -> dict[str, str]:
    return {str(at.relative_to(top)): hashlib.sha256(at.read_bytes()).hexdigest() for at in _sources(project)}


def _sources(project: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(project):
        folders[:] = sorted(one for one in folders if one not in _SKIPPED and not one.startswith("."))
        yield from (Path(at, name) for name in sorted(files) if _is_source(Path(at, name)))


def _is_source(at: Path) -> bool:
    return (at.name in _FILES or at.suffix in _SOURCES) and at.is_file()


def _put(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, target)


def _pip(request: Request, project: Project, target: Path, environment: Mapping[str, str]) -> None:
    copy = Path(os.path.realpath(_top(request)))
    written = repr((sorted(_digests(project.folder, copy).items()), str(request.interpreter.path)))
    kept = target.parent / f"build-{hashlib.sha256(written.encode()).hexdigest()[:16]}"
    if not kept.is_dir():
        made = request.work / "build"
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(project.folder, made / "source", symlinks=True)
        options = ("install", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
        argv = (request.interpreter.path, "-m", "pip", *options, "--target", made / "out", made / "source")
        _call([str(word) for word in argv], environment, project, request)
        shutil.move(made / "out", kept)
    shutil.copytree(kept, target, dirs_exist_ok=True)


def _call(argv: Sequence[str], environment: Mapping[str, str], project: Project, asked: Request) -> None:
    """Run a build as a job is run: it is the change's own code too, and leaves no process behind."""
    # It gets the packages that are installed, and not this side's.
    given = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
    made = asked.work / "build"
    request, log = made / "request.json", made / "build.log"
    content = {"format": 1, "argv": argv, "cwd": str(made)}
    places = {key: str(made / f"{key}.json") for key in ("result", "usage")}
    request.write_text(json.dumps({**content, **places}), encoding="utf-8")
    name, mask = project.distribution or "build", Mask.of(asked.environment)
    outcome = executor(asked.environment)(Order(name, made, request, log, given, _SECONDS, mask=mask), Silent())
    if outcome.limit is not None:
        raise _fail(project, f"it took longer than {duration(_SECONDS)}")
    if outcome.returncode:
        raise _fail(project, "\n".join([line for line in tail(log).splitlines() if line.strip()][-5:]))


def _fail(project: Project, words: str) -> StageFailed:
    message = f"this side's {project.distribution or 'project'} could not be built for its own code: {words}"[:2000]
    hint = "Its sources differ from what is installed. Install what its build needs into the job's Python."
    return StageFailed(Failure("training", "build", message, hint))


def _top(request: Request) -> Path:
    return request.checkout.copy if request.checkout is not None else request.folder
