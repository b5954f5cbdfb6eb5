"""Exchange the paths of one machine for those of another, in whatever text names them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


class Exchange:
    """Replace each path of `known` by its counterpart, also where it is the beginning of a longer one.

    All at once: what was put in is not looked at again. The longest path that fits counts.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = {path: other for path, other in known.items() if path}
        longest = "|".join(map(re.escape, sorted(self._known, key=len, reverse=True)))
        # A path ends where its name does: `/a/b` is not in `/a/b.csv`, and is in `/a/b/c` and in `/a/b:/d`.
        self._found = re.compile(rf"(?:{longest})(?![\w.+@~-])") if longest else None

    def text(self, text: str) -> str:
        """Give a text with the other paths."""
        return text if self._found is None else self._found.sub(lambda found: self._known[found[0]], text)

    def value(self, value: Any) -> Any:
        """Give a value of JSON with the other paths in each of its texts, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(one) for key, one in value.items()}
        return value

    def json(self, text: str) -> str:
        """Give a text of JSON with the other paths; one that is none as `text` does."""
        try:
            return json.dumps(self.value(json.loads(text)))
        except (ValueError, RecursionError):
            return self.text(text)

    def raw(self, content: bytes) -> bytes:
        """Give bytes with the other paths."""
        return self.text(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def raw_json(self, content: bytes) -> bytes:
        """Give the bytes of JSON with the other paths."""
        text = content.decode("utf-8", "surrogateescape")
        return self.json(text).encode("utf-8", "surrogateescape")
