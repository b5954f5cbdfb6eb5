"""Passwords inside of values: in URLs of proxies and package indexes, and in options such as `-Dpassword=…`."""

from __future__ import annotations

import re
from collections.abc import Iterator

MASK = "***"

# Up to the last `@` before the path: a password may hold one.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#:@]*)(?::([^\s/?#]*))?@")
# What a proxy may be called by too.
_WITHOUT_SCHEME = re.compile(r"(^)([^\s/?#:@]*)(?::([^\s/?#]*))?@")
_OPTION = re.compile(
    r"(?i)((?:^|[\s?&;,\"'-])[\w.-]*(?:password|passwd|passphrase|secret|tokens?(?![a-z])|credentials?|signature|"
    r"(?:api|access|private|secret|account)[._-]?key)[\w.-]*=|[?&]sig=)([^\s&;,\"']+)"
)
_NO_TOKEN = ("", "git")  # the user of every repository behind ssh


def mask(name: str, value: str) -> str:
    """Give the value of a variable without the passwords that stand in it."""
    value = _OPTION.sub(lambda found: f"{found[1]}{MASK}", value)
    for pattern in _patterns(name):
        value = pattern.sub(_without, value)
    return value


def inside(name: str, value: str) -> Iterator[str]:
    """Give the passwords that `masked` takes out of a value."""
    yield from (found[2] for found in _OPTION.finditer(value))
    for pattern in _patterns(name):
        for found in pattern.finditer(value):
            if not _is_plain(found):
                yield found[2] if found[3] is None else found[3]


def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return (_URL, _WITHOUT_SCHEME) if name.upper().endswith("_PROXY") else (_URL,)


def _is_plain(found: re.Match[str]) -> bool:
    """Say whether there is a user's name and no password; a name alone is taken for a token."""
    return found[3] == "" or (found[3] is None and found[2] in _NO_TOKEN)


def _without(found: re.Match[str]) -> str:
    if _is_plain(found):
        return found[0]
    return f"{found[1]}{MASK}@" if found[3] is None else f"{found[1]}{found[2]}:{MASK}@"
