"""A table in parts behind a URL, brought to where the job runs."""

from __future__ import annotations

import os

from .failures import JobFailed, one_line, print_traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FOLDERS: list[Any] = []  # of this process: they are gone when it ends


def is_distant_folder(path: str) -> bool:
    """Say whether a path is a URL of a folder, by its last letter, or a pattern of URLs."""
    web = path.lower().startswith(("http://", "https://"))
    return "://" in path and not web and (path.endswith("/") or any(sign in path for sign in "*["))


def bring(name: str, url: str) -> str:
    """Bring the part files behind a URL by fsspec, as this Python has it; give the folder that they are in."""
    import importlib
    import tempfile

    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError as error:
        raise JobFailed(
            "import",
            "data.%s is a folder behind a URL, and fsspec is not installed (%s)" % (name, one_line(error)),
            "Install fsspec and the package of its file system where the job runs, or annotate the parameter `str`.",
        )
    folder = tempfile.TemporaryDirectory(prefix="ml-ci-data-")
    _FOLDERS.append(folder)
    try:
        _download(fsspec, url, folder.name)
    except Exception as error:  # every store raises errors of its own
        print_traceback()
        raise JobFailed(
            "import",
            "data.%s could not be read from %s: %s" % (name, url, one_line(error)),
            "What logs in there has to reach the job: `env: [NAMES]` in ml-ci.yaml, such as AWS_PROFILE.",
        )
    return folder.name


def _download(fsspec: Any, url: str, folder: str) -> None:
    system, path = fsspec.core.url_to_fs(url)
    whole = url.endswith("/")
    begin = path if whole else path[: min(path.find(sign) for sign in "*?[" if sign in path)]
    top = begin.rstrip("/") if whole else begin.rpartition("/")[0]
    for one in sorted(system.find(top) if whole else system.glob(path)):
        below = one[len(top) :].lstrip("/")
        if below and not one.endswith("/") and ".." not in below.split("/"):
            target = os.path.join(folder, below)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            system.get_file(one, target)
