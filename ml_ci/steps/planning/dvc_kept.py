"""Find what DVC kept of a stage: outputs that `dvc.lock` names, where it was run with all that the stage is now.

The lock vouches for what it lists and nothing else: where code of the stage is no dep of it, DVC would not have seen a
change, and the result is not believed. A model is trained here: what a lock says of a model is not taken for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ml_ci import syntax
from ml_ci.changes.content import Contents
from ml_ci.changes.data import in_dvc_cache
from ml_ci.changes.pointers import Pointer
from ml_ci.errors import UserError
from ml_ci.plan.plan import TRAININGS
from ml_ci.spec.dvc.lock import Locked, Noted, join_commands, read_entry, read_lock
from ml_ci.spec.dvc.problem import StageError
from ml_ci.spec.values import StageJob
from ml_ci.steps.values import Made, Project
from ml_ci.training.dvc_data import find_cached, is_what

Outs = Mapping[str, Noted]


@dataclass
class DvcKept:
    """Find it; what is asked of one stage of one side is looked at once."""

    project: Project
    _found: dict[tuple[str | None, str, str], Outs | None] = field(default_factory=dict)

    def find(self, made: Made) -> Outs | None:
        """Give what the lock says that a stage left, by path; None where the stage would have to be run."""
        key = (made.tree.commit, made.model.name, made.fingerprint.manifest)
        if key not in self._found:
            self._found[key] = self._find(made)
        return self._found[key]

    def is_at_hand(self, made: Made) -> bool:
        """Say whether all of what `find` gives is on this machine, too."""
        outs = self.find(made)
        return outs is not None and all(
            find_content(self.project, made, path, noted) is not None for path, noted in outs.items()
        )

    def explain(self, made: Made, *, is_run: bool) -> Iterator[str]:
        """Say what DVC has to do with whether a stage is run."""
        job = made.model.job
        if not isinstance(job, StageJob):
            return
        if job.pinned:
            yield f"frozen: it is never run, and leaves what {job.lock} says"
        elif not is_run and not self.project.store.has(TRAININGS, made.fingerprint.training) and self.find(made):
            yield f"DVC has what it leaves, as {job.lock} says: that is taken, and the stage is not run"
        elif is_run and (more := self.find_undeclared(made)):
            what = f"{', '.join(more[:3])}{' and others' if len(more) > 3 else ''}"
            yield f"{what}: no dep of the stage, so that DVC does not look at it, and what DVC has cached is not taken"

    def find_undeclared(self, made: Made) -> tuple[str, ...]:
        """Name the files of a stage's code that are no deps of it, so that DVC does not look at them.

        An `__init__.py` in which nothing stands does nothing, whatever reads it.
        """
        job = made.model.job
        if not isinstance(job, StageJob):
            return ()
        code = made.fingerprint.details.get("code", {})
        return tuple(path for path in code if not _is_dep(path, job.deps) and not _is_empty(made, path))

    def _find(self, made: Made) -> Outs | None:
        job = made.model.job
        if not isinstance(job, StageJob) or (not job.pinned and (job.model is not None or job.always)):
            return None
        locked = self._locked(made, job)
        outs = {path: noted for path in job.left if (noted := locked.outs.get(path)) is not None} if locked else {}
        if locked is None or len(outs) < len(job.left) or not outs:
            return None
        if job.pinned:
            return outs
        same = join_commands(locked.commands) == job.command and _has_params(made, job, locked)
        if not same or self.find_undeclared(made) or set(locked.deps) != set(job.deps):
            return None
        agreed = all(noted is not None and self._agrees(made, path, noted) for path, noted in locked.deps.items())
        return outs if agreed else None

    def _locked(self, made: Made, job: StageJob) -> Locked | None:
        try:
            entries = read_lock(made.tree.read(job.lock), job.lock)
        except FileNotFoundError:
            return None
        except StageError as wrong:
            raise UserError(wrong.problem.text(job.lock), hint="Run `dvc status`, or write it again.") from None
        return read_entry(entries[job.stage], job.cwd) if job.stage in entries else None

    def _agrees(self, made: Made, path: str, noted: Noted) -> bool:
        """Say whether a dep is what the lock says that it was."""
        entry = made.model.data.get(path)
        if entry is not None and entry.job is not None:
            return self._has_made(made.needs[entry.job], path, noted)
        if entry is None and any(one.startswith(f"{path}/") for one in made.model.data):
            return False  # a folder that several stages write to
        content = str(made.fingerprint.details.get(f"data.{path}", {}).get("content", ""))
        if content.startswith("md5:"):
            return content == f"md5:{noted.md5}"
        return noted.md5 in _digest(self.project, made, path, text=noted.text)

    def _has_made(self, owner: Made, path: str, noted: Noted) -> bool:
        """Say whether a job left, or is known to leave, what the lock says."""
        record = self.project.store.find(TRAININGS, owner.fingerprint.training)
        if record is not None and record.content.get("outputs") is not None:
            return is_what(_point(path, noted), record.file(record.content["outputs"]) / path)
        return noted.md5 in self._list_inside(self.find(owner) or {}, path)

    def _list_inside(self, outs: Outs, path: str) -> Iterator[str]:
        """Give the md5 of a path among outputs, or of a file in a folder among them."""
        for out, noted in outs.items():
            if out == path:
                yield noted.md5
            elif path.startswith(f"{out}/"):
                yield from _look_up(noted, path.removeprefix(f"{out}/"), self.project.folder)


def find_content(project: Project, made: Made, path: str, noted: Noted) -> Mapping[str, Path] | bytes | None:
    """Find what the lock names: each file by its path below it in DVC's cache or beside `ml-ci.yaml`, or its bytes in
    the tree of the side; None where it is nowhere.
    """
    pointer = _point(path, noted)
    cached = find_cached(pointer, project.folder)
    if cached is not None:
        return cached
    here = project.folder / path
    if is_what(pointer, here):
        return {".": here} if here.is_file() else _list_files(here)
    try:
        content = made.tree.read(path) if path in made.tree.files() else b""
    except FileNotFoundError:
        return None
    return content if content and noted.md5 in _digest_bytes(content, text=noted.text) else None


def _list_files(folder: Path) -> Mapping[str, Path]:
    return {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}


def _point(path: str, noted: Noted) -> Pointer:
    return Pointer(f"md5:{noted.md5}", path, "dvc.lock", noted.size, noted.files, noted.text)


def _look_up(noted: Noted, inside: str, folder: Path) -> Iterator[str]:
    place = in_dvc_cache(f"md5:{noted.md5}", folder)
    try:
        listed = json.loads(place.read_bytes()) if place else []
        yield from (str(one["md5"]) for one in listed if one["relpath"] == inside)
    except (OSError, ValueError, TypeError, KeyError):
        return


def _is_empty(made: Made, path: str) -> bool:
    if posixpath.basename(path) != "__init__.py":
        return False
    with contextlib.suppress(FileNotFoundError, SyntaxError, ValueError):
        return not syntax.parse(made.tree.read(path)).body
    return False


def _is_dep(path: str, deps: tuple[str, ...]) -> bool:
    return any(path == dep or path.startswith(f"{dep}/") or dep == "." for dep in deps)


def _has_params(made: Made, job: StageJob, locked: Locked) -> bool:
    """Say whether the lock has every parameter that the stage declares, with the value of now."""
    now = made.model.params or {}
    own = posixpath.normpath(posixpath.join(job.cwd, "params.yaml"))
    for file, names in job.asked.items():
        then = locked.params.get(file, {})
        if names is None:
            if dict(then) != now.get(file):
                return False
            continue
        keys = {name: name if file == own else f"{file}:{name}" for name in names}
        if any(name not in then or then[name] != now.get(key) for name, key in keys.items()):
            return False
    return all(file in job.asked or not file.endswith(".py") for file in locked.params)


def _digest(project: Project, made: Made, path: str, *, text: bool) -> frozenset[str]:
    """Give the md5 that DVC would note of a file or a folder as it is in the tree of a side."""
    files = made.tree.files()
    if path in files:
        return _digest_file(project, made, path, text=text)
    below = [one for one in files if one.startswith(f"{path}/")]
    here = project.folder / path
    if not below and here.is_file():
        kinds = ("md5", "md5-text") if text else ("md5",)
        return frozenset(Contents(project.store.root).digest(here, kind) for kind in kinds)
    listed = [
        {"md5": md5, "relpath": one.removeprefix(f"{path}/")}
        for one in below
        for md5 in sorted(_digest_file(project, made, one, text=False))
    ]
    written = json.dumps(sorted(listed, key=lambda one: one["relpath"]), sort_keys=True)
    return frozenset({hashlib.md5(written.encode(), usedforsecurity=False).hexdigest() + ".dir"} if listed else ())


def _digest_file(project: Project, made: Made, path: str, *, text: bool) -> frozenset[str]:
    if made.tree.folder is not None and not text:
        contents = Contents(project.store.root)
        found = frozenset({contents.digest(made.tree.folder / path, "md5")})
        contents.save()
        return found
    return _digest_bytes(made.tree.read(path), text=text)


def _digest_bytes(content: bytes, *, text: bool) -> frozenset[str]:
    forms = (content, content.replace(b"\r\n", b"\n")) if text else (content,)
    return frozenset(hashlib.md5(one, usedforsecurity=False).hexdigest() for one in forms)
