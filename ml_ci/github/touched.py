"""Whether a pull request changes what judges it: workflows, actions, or the file of gates. A reviewer is told first."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.forges.errors import RefusedError
from ml_ci.github.api import Api, Call
from ml_ci.reports.text import label
from ml_ci.spec.find import NAME

_WORKFLOWS = (".github/workflows/", ".github/actions/")
# GitHub lists no more files of a pull request.
_MOST_FILES = 3_000
_SHOWN = 3


def touched(api: Api, number: int, base: str) -> tuple[str, ...]:
    """Give a sentence for each thing that judges, and that a pull request into the branch `base` changes.

    One that may not be looked at says so: it is not taken for one that changes nothing.
    """
    call = Call("GET", f"/repos/{{repo}}/pulls/{number}/files", "list what the pull request changes", _NEEDS)
    try:
        listed = list(api.pages(call))
    except RefusedError as error:
        return (
            f"Whether this pull request changes workflows or gates was not seen: {error.message}. {error.hint}".strip(),
        )
    paths = [path for one in listed for path in _paths(one)]
    return tuple(_said(list(dict.fromkeys(paths)), len(listed), base))


def _said(paths: list[str], files: int, base: str) -> Iterator[str]:
    workflows = [path for path in paths if path.startswith(_WORKFLOWS)]
    if workflows:
        yield (
            f"This pull request changes {_named(workflows)}, and so maybe the workflow that judged it: look at that "
            "before the verdict."
        )
    gates = [path for path in paths if path.rpartition("/")[2] == NAME]
    if gates:
        of = f"the gates of `{label(base, 80)}`" if base else "its base's gates"
        yield f"This pull request changes {_named(gates)}: it was judged by {of}, and its own hold after the merge."
    if files >= _MOST_FILES:
        yield f"This pull request changes {files:,} files or more, and GitHub lists no more: look for workflows."


def _named(paths: list[str]) -> str:
    shown = ", ".join(f"`{label(path, 120)}`" for path in paths[:_SHOWN])
    return shown if len(paths) <= _SHOWN else f"{shown} and {len(paths) - _SHOWN:,} more"


def _paths(file: object) -> Iterator[str]:
    """Give the path of a file and, of a renamed one, the path that it had."""
    for name in ("filename", "previous_filename"):
        path = file.get(name) if isinstance(file, dict) else None
        if isinstance(path, str) and path:
            yield path


_NEEDS = "pull-requests: read"
