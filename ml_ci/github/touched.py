"""Which files a pull request changes, and whether those that judge are among them."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.github.api import Api
from ml_ci.review.client import Call
from ml_ci.review.touching import Words, touching

_NEEDS = "pull-requests: read"
_WORKFLOWS = (".github/workflows/", ".github/actions/")
# GitHub lists no more files of a pull request.
_WORDS = Words("GitHub", "pull request", "workflow", 3_000)


def touched(
    api: Api, number: int, base: str, workflows: tuple[str, ...] = _WORKFLOWS, words: Words = _WORDS
) -> tuple[str, ...]:
    """Give a sentence for each thing that judges, and that a pull request into the branch `base` changes."""
    call = Call("GET", f"/repos/{{repo}}/pulls/{number}/files", "list what the pull request changes", _NEEDS)
    return touching(lambda: map(_paths, api.pages(call)), lambda path: path.startswith(workflows), words, base)


def _paths(file: object) -> tuple[str, ...]:
    """Give the path of a file and, of a renamed one, the path that it had."""
    return tuple(_each(file))


def _each(file: object) -> Iterator[str]:
    for name in ("filename", "previous_filename"):
        path = file.get(name) if isinstance(file, dict) else None
        if isinstance(path, str) and path:
            yield path
