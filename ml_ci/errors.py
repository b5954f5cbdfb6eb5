"""What can go wrong, by whose doing: the user's mistake, a failed stage; anything else is our bug."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from ml_ci.frozen import dataclass


class UserError(Exception):
    """Tell the user of a mistake in configuration, data, git or usage, and what to do next.

    `message` names the file, the line or the row; `hint` is the next step, in the imperative.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True)
class Failure:
    """Name what made one model's result impossible: the stage, a stable code, the sentence, the next step.

    Codes are kebab-case, for example `time-limit`, `memory-limit`, `job-raised`, `row-count`, `score-range`.
    `log_tail` holds the last lines of the job's log, or "". `lasting` says of a training that the job ended by itself,
    with an exit code: from the same inputs it fails alike, and need not be tried again.
    """

    stage: str
    code: str
    message: str
    hint: str = ""
    log_tail: str = field(default="", repr=False)
    lasting: bool = False


# The code of the failure of a model, or a run, of which no gate was judged: no error, and no pass.
NOTHING_GATED = "nothing-gated"


class StageFailed(Exception):  # noqa: N818 a job that fails is a result, told by this name
    """Stop the stages of one model; the pipeline turns it into the verdict `error`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


# What the machine refuses is no bug of ours; a wrong kind of file is the user's only in our own folder.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_MAKE_ROOM = (
    "Make room there and run it again; what was finished is kept. TMPDIR names the disk for temporary files, and "
    "`ml-ci records prune` makes room in .ml_ci."
)
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}


def of_the_machine(error: OSError) -> UserError | None:
    """Tell of what cannot be written or read as the user's to mend; None when the error is a bug of ours."""
    from ml_ci.written import path_of

    found = path_of(error)
    path = found or "standard output"
    said = f"{path}: {error.strerror}"
    if error.errno in _FULL and found is not None:
        return UserError(f"{said}{_left_at(found)}", hint=_MAKE_ROOM)
    if error.errno in _REFUSED:
        return UserError(said, hint="Is the disk full, or is the place not yours to write to?")
    if error.errno in _IN_THE_WAY and ".ml_ci" in path:
        hint = (
            "Something else is in the way of ml-ci's own folder: remove it, .ml_ci only holds what can be made again."
        )
        return UserError(said, hint=hint)
    return None


def _left_at(path: str) -> str:
    """Say how much room the disk of a path has; "" where it cannot be asked."""
    at = Path(path)
    for folder in (at, *at.parents):
        try:
            return f" ({shutil.disk_usage(folder).free / 1e6:,.1f} MB are left on the disk of {folder})"
        except OSError:
            continue
    return ""


@contextmanager
def as_the_users() -> Iterator[None]:
    """Raise what the machine refuses inside a `with` block as UserError; a bug of ours stays what it is."""
    try:
        yield
    except OSError as error:
        known = of_the_machine(error)
        if known is None:
            raise
        raise known from error
