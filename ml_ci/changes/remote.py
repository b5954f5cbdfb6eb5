"""The digest of data behind a URL, by what its store says of it: nothing is downloaded."""

from __future__ import annotations

import re
from typing import Any

from ml_ci.digests import digest
from ml_ci.errors import UserError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_TELLING = ("ETag", "etag", "checksum", "md5Hash", "crc32c", "generation", "VersionId", "version_id", "content_md5")
_WEAKER = ("size", "mtime", "LastModified", "last_modified", "updated", "modified")


def is_remote(path: str) -> bool:
    """Say whether a declared path is a URL."""
    return bool(_URL.match(path))


def remote_digest(url: str) -> str:
    """Digest what the store behind a URL says of it: an ETag, a checksum, a version; else size and time of change.

    UserError when fsspec or its file system is not installed, when there is nothing at the URL, or nothing is said.
    """
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]

        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        hint = "Run: pip install 'ml-ci[remote]' (and the file system's package that fsspec names)."
        raise UserError(f"{url} cannot be looked at: {error}", hint=hint) from None
    except ValueError as error:
        raise UserError(f"{url} cannot be looked at: {error}", hint="Check the URL.") from None
    return digest(_said(system, path, url))


def _said(system: Any, path: str, url: str) -> object:
    try:
        if system.isdir(path):
            found = system.find(path, detail=True)
            said: object = {name.removeprefix(path): _telling(info) for name, info in found.items()}
            known = bool(found) and all(_telling(info) for info in found.values())
        else:
            said = _telling(system.info(path))
            known = bool(said)
    except Exception as error:  # every store raises errors of its own
        raise UserError(f"{url} cannot be looked at: {error}", hint="Check the URL and your access to it.") from None
    if not known:
        raise UserError(f"{url}: its store says neither checksum nor version", hint="Copy the data, or use DVC.")
    return said


def _telling(info: dict[str, Any]) -> dict[str, str]:
    strong = {key: str(info[key]) for key in _TELLING if info.get(key)}
    if strong:
        return strong
    weaker = {key: str(info[key]) for key in _WEAKER if info.get(key) is not None}
    return weaker if set(weaker) - {"size"} else {}
