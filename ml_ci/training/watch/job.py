"""Watch one job, and refuse what neither side may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ml_ci.changes.reads import Reads
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.repository import by_name
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import KEPT, list_files
from ml_ci.training.stamps import is_folder
from ml_ci.training.told import read
from ml_ci.training.values import UNSEEN, Ground, JobFailed
from ml_ci.training.watch.kernel import look_on
from ml_ci.training.watch.together import Found, put_together
from ml_ci.training.watch.values import Seen

_MANY = 500
_SUBMODULE = "160000 "
_WANTING = ("No module named", "No such file", "not found", "cannot open")


class Watch:
    """Look on while a job runs on its `ground`; without one nothing is seen.

    Where the job does not run `here`, who runs it looks on, and says at the end what was seen.
    """

    def __init__(self, ground: Ground | None, *, here: bool = True) -> None:
        self._ground = ground
        self._watcher = None if ground is None or not here else look_on(ground.top, ground.standing)

    def end(self, told: Path, environment: Mapping[str, str], there: Seen | None = None) -> Found:
        """Give what the job read, by the kernel and by the file in which its Python programs told.

        `there` is what the kernel of another machine saw.
        """
        seen = there if self._watcher is None else self._watcher.stop()
        if self._ground is None:
            return Found(UNSEEN)
        return put_together(self._ground, seen, read(told), environment)


@contextmanager
def naming_submodules(ground: Ground | None, reads: Reads) -> Iterator[None]:
    """Say of a job that fails for want of a file which submodules are not checked out: their folders are empty."""
    try:
        yield
    except StageFailed as error:
        failure = error.failure
        wanting = failure.code == "import" or any(sign in failure.message for sign in _WANTING)
        empty = _empty_submodules(ground, reads, wanting=wanting) if ground is not None else ()
        if not empty:
            raise
        said = f"The submodule {_name(empty)} is not checked out here: git submodule update --init {empty[0]}."
        raise JobFailed(replace(failure, hint=f"{failure.hint} {said}".strip()), reads) from None


@contextmanager
def reading(reads: Reads) -> Iterator[None]:
    """Let whatever fails in a `with` block carry what the job read."""
    try:
        yield
    except JobFailed:
        raise
    except StageFailed as error:
        raise JobFailed(error.failure, reads) from None


def refuse(ground: Ground | None, found: Found) -> None:
    """Refuse a job that opened the user's own checkout (JobFailed), or looked for what it leaves out (UserError)."""
    if ground is None:
        return
    if foreign := _keep_versioned(ground.checkout, found.foreign):
        message = f"the job opened {_name(foreign)} of your checkout, and not of its own copy of the repository"
        hint = "Both sides would read the same file. Open it by a path relative to the folder that the job starts in."
        raise JobFailed(Failure("training", "read-checkout", message, hint), found.reads)
    if left_out := _leave_out(ground.checkout, found.reads.missed):
        said = "is" if len(left_out) == 1 else "are"
        message = f"{_name(left_out)} {said} left out by the sparse checkout, and the job asks for it"
        raise UserError(message, hint=f"Check it out: git sparse-checkout add {Path(left_out[0]).parent}")


def _empty_submodules(ground: Ground, reads: Reads, *, wanting: bool) -> tuple[str, ...]:
    """Give the submodules that are empty folders, and that the job looked into or may have wanted something of."""
    filled = {path.rpartition("/")[0] for path in ground.standing}
    empty = [path for path, one in ground.standing.items() if is_folder(one) and path not in filled]
    looked = {*reads.listed, *reads.missed}
    asked = [one for one in empty if wanting or any(f"{path}/".startswith(f"{one}/") for path in looked)]
    found = _list(ground.checkout, tuple(asked), {"stage": True})
    return tuple(line.partition("\t")[2] for line in found if line.startswith(_SUBMODULE))


def _name(paths: tuple[str, ...]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more files"


def _keep_versioned(top: Path, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what git ignores: no side has it, and a cache or an environment may lie there."""
    return _list(top, paths, KEPT)


def _leave_out(top: Path, paths: frozenset[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(by_name.left_out(top, sorted(paths)[:_MANY])))
    except GitError:  # a path that git takes for one inside a submodule
        return ()


def _list(top: Path, paths: tuple[str, ...], how: Mapping[str, bool]) -> tuple[str, ...]:
    try:
        return list_files(top, how, paths[:_MANY])
    except GitError:  # a path that git takes for one inside a submodule
        return ()
