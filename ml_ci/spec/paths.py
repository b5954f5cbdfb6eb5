"""What may stand as a path in `ml-ci.yaml`: relative to the project folder and inside it; data may have a URL.

Each function returns the text unchanged, or raises ValueError with a sentence.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ml_ci.spec.problems import show

_TO_BRING = (
    "write the path from the folder of ml-ci.yaml, bring the file in by git, DVC or Git LFS, or let git ignore it and "
    "declare how to get it (fetch:)"
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


def is_url(path: str) -> bool:
    """Say whether a data path is a URL such as `s3://bucket/train.parquet`."""
    return _URL.match(path) is not None


def project_path(path: str) -> str:
    """Check a path inside the project folder: relative, without `..`."""
    _check_text(path)
    if is_url(path):
        raise ValueError(f"expected a path in this project, got the URL {show(path)}")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise ValueError(f"expected a path relative to the project folder, got the absolute path {show(path)}")
    return path


def repository_path(path: str) -> str:
    """Check a path or glob of this repository, relative to the project folder; it may begin with `../`."""
    inner = path
    while inner.startswith("../"):
        inner = inner[3:]
    project_path(inner)
    return path


def data_path(path: str) -> str:
    """Check a data path: a file, folder or glob in this project, or the URL of a store, without credentials.

    What lies on this machine alone, by an absolute path or `file://`, no commit knows: both sides would read today's.
    """
    if is_absolute(path):
        said = "an absolute path" if not is_url(path) else "a URL of this machine"
        raise ValueError(f"expected data that belong to a commit, got {said}, {show(path)}; {_TO_BRING}")
    return url(path) if is_url(path) else _check_text(path)


def is_absolute(path: str) -> bool:
    """Say whether a path or URL names a place on this machine."""
    return path.startswith("/") or re.match(r"[A-Za-z]:[/\\]|file:", path) is not None


def url(path: str) -> str:
    """Check a URL or a folder: no credentials, which would be committed with this file."""
    _check_text(path)
    if not is_url(path):
        return path
    try:
        parts = urlsplit(path)
        password = parts.password
    except ValueError:
        raise ValueError(f"expected a URL such as s3://bucket/folder, got {show(path)}") from None
    if password is not None:
        raise ValueError("the URL holds a password; take it out (and change it) and set credentials in the environment")
    return path


def registry_url(path: str) -> str:
    """Check the URL of an MLflow server or database: a URL without credentials; sqlite by an absolute path."""
    url(path)
    if not is_url(path):
        raise ValueError(f"expected the URL of an MLflow server such as https://mlflow.example.org, got {show(path)}")
    if path.startswith("sqlite:") and not path.startswith("sqlite:////"):
        raise ValueError(f"expected sqlite:// and an absolute path (sqlite:////srv/mlflow.db), got {show(path)}")
    return path


def _check_text(path: str) -> str:
    if not path.strip():
        raise ValueError("expected a path, got an empty text")
    if path != path.strip() or "\n" in path:
        raise ValueError(f"expected a path without spaces around it, got {show(path)}")
    if path.startswith("~"):
        raise ValueError(f"'~' is not expanded, got {show(path)}; write a path relative to the project folder")
    if "\\" in path:
        raise ValueError(f"expected / between folders, got {show(path)}")
    if ".." in path.split("/"):
        raise ValueError(f"the path {show(path)} leaves the project folder through '..'; move the file inside it")
    return path
