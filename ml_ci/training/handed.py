"""What a job is handed that lies neither in its copy of the repository nor in its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ml_ci.changes.remote import is_remote
from ml_ci.training import built, own_code
from ml_ci.training.values import Input, PredictRequest, Request, TrainRequest


def list_outside(request: Request) -> tuple[Path, ...]:
    """Give the files and folders, globs too, that a job finds by path outside of its copy and of its work folder.

    What the copy only links to counts: its originals. Data by URL are read where the job runs, and not handed.
    """
    own = (own_code.checkout(request).copy, request.work)
    found = (Path(path) for path in _list(request))
    return tuple(dict.fromkeys(path for path in found if not any(path.is_relative_to(at) for at in own)))


def _list(request: Request) -> Iterator[str | Path]:
    made = built.folder(own_code.checkout(request), request)
    if made.is_dir():
        yield made
    if isinstance(request, TrainRequest):
        yield from request.needs.values()
        yield from (linked.original for linked in request.inputs.linked)
        for entry in request.inputs.data.values():
            yield from _name(entry)
    elif isinstance(request, PredictRequest):
        yield request.artifact
        yield from _name(request.rows)
    else:
        yield request.table


def _name(entry: Input) -> Iterator[str]:
    if not is_remote(entry.path):
        yield entry.path
    if entry.whole is not None:
        yield entry.whole.path
        if entry.whole.flags is not None:
            yield entry.whole.flags
