"""Digests of values and of bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

PLAIN = (str, int, float, bool, type(None))
_ENCODE = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def digest(value: object) -> str:
    """Digest a value made of builtin types and dates, as hexadecimal SHA-256.

    The order of a mapping's keys says nothing; 1, 1.0, True and "1" are four values.
    """
    return hashlib.sha256(_ENCODE(_plain(value)).encode()).hexdigest()


def blob_id(content: bytes, algorithm: str = "sha1") -> str:
    """Give the id that git has for a blob with this content; `algorithm` is the repository's object format."""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def object_format(files: Mapping[str, str | None]) -> str:
    """Say by which algorithm a repository names its objects, from the files of one of its trees."""
    known = next((one for one in files.values() if one), "")
    return "sha256" if len(known) == 64 else "sha1"


def _plain(value: object) -> object:
    if type(value) is str:
        return value
    if isinstance(value, Mapping) and all(type(one) is str for pair in value.items() for one in pair):
        return {"texts": sorted(value.items())}  # as below, and fast for a folder of many files
    if isinstance(value, Mapping):
        return {"map": sorted(([_plain(key), _plain(item)] for key, item in value.items()), key=json.dumps)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted((_plain(item) for item in value), key=json.dumps)}
    return value if isinstance(value, PLAIN) else {type(value).__name__: str(value)}
