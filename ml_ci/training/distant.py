"""Data behind URLs: read where a job runs, and brought here where ml-ci reads them itself."""

from __future__ import annotations

import posixpath
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ml_ci.changes.remote import is_remote, look, names_several, open_url, remote_digest
from ml_ci.digests import digest
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Node

_KEPT = 7 * 24 * 3600.0  # seconds that a table is kept here after it was last used


@dataclass(frozen=True)
class Distant:
    """A data entry behind a URL, and what a fingerprint knows of it: the digest of what its store said."""

    name: str
    url: str
    known: str

    def verify(self, when: str) -> None:
        """Hold that the store says the same as when the fingerprint was made; StageFailed `data-changed` otherwise."""
        if remote_digest(self.url) != self.known:
            message = f"`data.{self.name}`: {self.url} changed {when}"
            hint = "Run again. Write new data under a new name, and no job reads half of each."
            raise StageFailed(Failure("training", "data-changed", message, hint))


def list_distant(model: Node, known: Mapping[str, str]) -> tuple[Distant, ...]:
    """List the entries of a model that its job reads by URL; `known` are the digests of its fingerprint, by entry."""
    return tuple(
        Distant(name, entry.path, known[name])
        for name, entry in model.data.items()
        if is_remote(entry.path) and name in known
    )


def bring_here(one: Distant, cache: Path) -> Path:
    """Bring what lies behind a URL into a cache, once for what its store says; give its file, or its folder of parts.

    StageFailed `data-changed` where it is another than the fingerprint knows, before it is read or after.
    """
    key = digest([one.url, one.known])
    place = cache / key
    if not (place / "whole").is_dir():
        one.verify("since this run began")
        part = cache / f"{key}.part"
        shutil.rmtree(part, ignore_errors=True)
        _download(one, part)
        one.verify("while it was read")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        part.rename(place / "whole")
    _forget_old(cache, place)
    found = sorted((place / "whole").iterdir())
    return found[0] if not names_several(one.url) and len(found) == 1 and found[0].is_file() else place / "whole"


def _download(one: Distant, folder: Path) -> None:
    system, path = open_url(one.url)
    for name in look(system, path, one.url):
        own = name or unquote(posixpath.basename(urlsplit(one.url).path)) or "table"
        target = folder / own
        if ".." in Path(own).parts or not target.is_relative_to(folder):
            raise UserError(f"{one.url} has a file of the name {own}, which leads elsewhere", hint="Rename it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        _get(system, _source(path, name, one.url), target, one)


def _source(path: str, name: str, url: str) -> str:
    if not name:
        return path
    top = path.rstrip("/")
    if names_several(url) and not url.endswith("/"):
        top = path[: min(path.find(sign) for sign in "*?[" if sign in path)].rpartition("/")[0]
    return f"{top}/{name}"


def _get(system: Any, source: str, target: Path, one: Distant) -> None:
    try:
        system.get_file(source, str(target))
    except Exception as error:  # every store raises errors of its own
        message = f"`data.{one.name}`: {one.url} cannot be read: {str(error) or type(error).__name__}"
        raise StageFailed(
            Failure("training", "data-missing", message, "Check the URL and your access to it.")
        ) from None


def _forget_old(cache: Path, used: Path) -> None:
    used.touch()
    for one in cache.iterdir():
        if one != used and time.time() - one.stat().st_mtime > _KEPT:
            shutil.rmtree(one, ignore_errors=True)
