"""What a job leaves as its output: files and folders, and nothing that is something else or lies elsewhere."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

CODE = "output-kind"
HINT = (
    "A record keeps files and folders, by paths of at most 2,000 bytes. Leave a copy in the place of a link (`cp -rL`; "
    "shutil.copytree follows links), and keep sockets, pipes and devices outside of the output."
)

_LONGEST = 2000  # bytes of a path below the output; what a record keeps is a little longer
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def strange(top: str, shown: str) -> str | None:
    """Say what at or below `top`, which is called `shown`, no record keeps: neither file nor folder, or lying too deep.

    None where there is no such thing. Nothing is opened, and no link is followed but one at the top itself: an output
    may be one to a file or folder.
    """
    for path, mode in _modes(top):
        if len(os.fsencode(path)) - len(os.fsencode(top)) > _LONGEST:
            return "%s holds the path %s…, which is longer than a record keeps" % (
                shown,
                os.path.relpath(path, top)[:100],
            )
        for is_kind, kind in _KINDS:
            if is_kind(mode):
                inside = os.path.relpath(path, top)
                named = shown if inside == "." else "%s/%s" % (shown.rstrip("/"), inside)
                return "%s is %s%s" % (named, kind, _to(path) if kind == "a link" else "")
    return None


def _modes(top: str) -> Iterator[tuple[str, int]]:
    try:
        first = os.stat(top).st_mode
    except OSError:  # a link that leads nowhere, or in a circle; or nothing at all, which is told by others
        if os.path.islink(top):
            yield top, os.lstat(top).st_mode
        return
    yield top, first
    if stat.S_ISDIR(first):
        for folder, folders, files in os.walk(os.path.realpath(top)):
            for name in sorted(folders + files):
                path = os.path.join(folder, name)
                yield os.path.join(top, os.path.relpath(path, os.path.realpath(top))), os.lstat(path).st_mode


def _to(path: str) -> str:
    try:
        return " to %s" % os.readlink(path)[:200]
    except OSError:
        return ""
