"""The digest of data behind a URL, by what its store says of it: nothing is downloaded.

A store's word is no digest of the content. An ETag of S3 or of a web server changes with what is written (of a file
that was sent in parts it is no MD5, and the same bytes sent again may have another), and a version names one writing.
Where there is neither, size and time of the last change have to do. Two looks that say the same, before and after data
were read, are what holds that nobody wrote in between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ml_ci.digests import digest
from ml_ci.errors import UserError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_TELLING = ("ETag", "etag", "checksum", "md5Hash", "crc32c", "generation", "VersionId", "version_id", "content_md5")
_WEAKER = ("ETag", "size", "mtime", "LastModified", "Last-Modified", "last_modified", "updated", "modified")
# What a file system says, by file: strong where it names the content or one writing of it.
Said = Mapping[str, Mapping[str, str]]


def is_remote(path: str) -> bool:
    """Say whether a declared path is a URL."""
    return bool(_URL.match(path))


def names_several(url: str) -> bool:
    """Say whether a URL names a folder, by its last letter, or is a pattern: a table in parts."""
    return not _WEB.match(url) and (url.endswith("/") or any(sign in url for sign in "*["))


def remote_digest(url: str) -> str:
    """Digest what the store behind a URL says of it: an ETag, a checksum, a version; else size and time of change.

    UserError when fsspec or its file system is not installed, when there is nothing at the URL, or nothing is said.
    """
    system, path = open_url(url)
    said = look(system, path, url)
    return digest(said[""] if [*said] == [""] else said)


def open_url(url: str) -> tuple[Any, str]:
    """Give the file system behind a URL and the path in it; UserError when it is not installed."""
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]

        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        hint = "Run: pip install 'ml-ci[remote]' (and the file system's package that fsspec names)."
        raise UserError(f"{url} cannot be looked at: {error}", hint=hint) from None
    except ValueError as error:
        raise UserError(f"{url} cannot be looked at: {error}", hint="Check the URL.") from None
    return system, str(path)


def look(system: Any, path: str, url: str) -> Said:
    """Say what the store says of each file behind a URL, by its name below it; of a single one by ""."""
    try:
        system.invalidate_cache()  # what was said before is what it is compared with
        found = _list(system, path, url)
    except Exception as error:  # every store raises errors of its own
        said = str(error) or type(error).__name__
        raise UserError(f"{url} cannot be looked at: {said}", hint="Check the URL and your access to it.") from None
    if not found:
        raise UserError(f"{url} names no file", hint="Check the URL and your access to it.")
    if not all(found.values()):
        raise UserError(f"{url}: its store says neither checksum nor version", hint="Copy the data, or use DVC.")
    return found


def _list(system: Any, path: str, url: str) -> dict[str, dict[str, str]]:
    if _WEB.match(url):
        return {"": _telling(system.info(path))}  # a page is no folder, whatever links it has
    if names_several(url) and not url.endswith("/"):
        top = re.split(r"[*?[]", path, maxsplit=1)[0].rpartition("/")[0]
        found = system.glob(path, detail=True)
        return _below(top, {name: info for name, info in found.items() if info.get("type") != "directory"})
    if system.isdir(path):
        return _below(path, system.find(path, detail=True))
    return {"": _telling(system.info(path))}


def _below(top: str, found: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    # Some stores keep an empty object for a folder.
    return {
        name.removeprefix(top).lstrip("/"): _telling(info) for name, info in found.items() if not name.endswith("/")
    }


def _telling(info: dict[str, Any]) -> dict[str, str]:
    strong = {key: str(info[key]) for key in _TELLING if info.get(key) and not str(info[key]).startswith("W/")}
    if strong:
        return strong
    weaker = {key: str(info[key]) for key in _WEAKER if info.get(key) is not None}
    return weaker if set(weaker) - {"size"} else {}
