"""Keep the values of known secrets out of whatever is written down: logs, reports, records."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from ml_ci.errors import Failure
from ml_ci.variables.families import looks_secret
from ml_ci.variables.passwords import MASK, inside

# A shorter one is a word like `true`, and would be masked wherever it stands.
SHORTEST = 6
_LONGEST = 64 * 1024  # what is longer is no login
_BITS_OF_BYTE, _BITS_OF_DIGIT = 8, 6


class Mask:
    """Replace values by `***`, however they are written: as they are, in JSON, in a URL, in Base64."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = tuple(dict.fromkeys(value for value in values if SHORTEST <= len(value) <= _LONGEST))

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Mask:
        """Mask what variables hold whose names look like a secret's, and the passwords inside of all others."""
        return cls(value for name, text in environment.items() for value in _secrets(name, text))

    def text(self, text: str) -> str:
        """Give a text without the values."""
        if not self._values or not text:
            return text
        return self.raw(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def raw(self, text: bytes) -> bytes:
        """Give bytes without the values."""
        for written in self._written:
            if written in text:
                text = text.replace(written, MASK.encode())
        return text

    def whole(self, text: bytes) -> int:
        """Count the bytes from the start that hold no beginning of a value which may go on behind them."""
        end = len(text)
        for written in self._written:
            at = text.find(written[:1], max(0, len(text) - len(written) + 1))
            while at != -1 and not written.startswith(text[at:]):
                at = text.find(written[:1], at + 1)
            end = end if at == -1 else min(end, at)
        return self._before(text, end)

    def _before(self, text: bytes, end: int) -> int:
        """Move a cut in front of each value that it would go through."""
        moved = True
        while moved:
            moved = False
            for written in self._written:
                at = text.find(written, max(0, end - len(written) + 1), end + len(written) - 1)
                if at != -1 and at < end < at + len(written):
                    end, moved = at, True
        return end

    def failure(self, failure: Failure) -> Failure:
        """Give a failure without the values."""
        message, hint, log_tail = map(self.text, (failure.message, failure.hint, failure.log_tail))
        return replace(failure, message=message, hint=hint, log_tail=log_tail)

    @property
    def longest(self) -> int:
        """The longest value as it may be written, in bytes; 0 where there is none."""
        return max(map(len, self._written), default=0)

    @cached_property
    def _written(self) -> tuple[bytes, ...]:
        found = {one for value in self._values for one in _ways(value) if len(one) >= SHORTEST}
        return tuple(sorted(found, key=lambda one: (-len(one), one)))


def _secrets(name: str, text: str) -> Iterator[str]:
    yield from inside(name, text)
    if looks_secret(name) and not _is_path(text):
        # Of a key of several lines each may be printed alone.
        yield from (line.strip() for line in text.splitlines())


def _is_path(text: str) -> bool:
    """Say whether a value says where a secret is, and is none."""
    try:
        return text.startswith("/") and Path(text).exists()
    except (OSError, ValueError):
        return False


def _ways(value: str) -> Iterator[bytes]:
    raw = value.encode("utf-8", "surrogateescape")
    yield raw
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape")
    yield repr(value)[1:-1].encode("utf-8", "surrogateescape")
    yield quote(raw, safe="").encode()
    yield from _in_base64(raw)


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """Give the digits that follow from a value alone, where it begins at any byte of three."""
    for shift in range(3):
        digits = base64.b64encode(b"\0" * shift + raw)
        first = -(-_BITS_OF_BYTE * shift // _BITS_OF_DIGIT)
        last = _BITS_OF_BYTE * (shift + len(raw)) // _BITS_OF_DIGIT
        found = digits[first:last]
        yield found
        yield re.sub(rb"[+/]", lambda one: b"-" if one[0] == b"+" else b"_", found)
