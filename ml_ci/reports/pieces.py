"""Sentences as tuples of pieces: a `Code` piece is a name from a file or a command, which a rendering may set as code.

Pieces are free of control characters and of bounded length; they are not escaped for any format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias


class Code(str):
    """A piece of a sentence that is a path, a part or a command."""

    __slots__ = ()


Sentence: TypeAlias = tuple[str, ...]


def plain(sentence: Sentence) -> str:
    """Give a sentence as plain text."""
    return "".join(sentence)


def listed(names: Sequence[str], most: int = 4) -> Sentence:
    """Join names by commas and `and`."""
    shown = list(names[:most]) + ([f"{len(names) - most:,} more"] if len(names) > most else [])
    pieces: list[str] = []
    for at, name in enumerate(shown):
        pieces += [name] if not at else [" and " if at == len(shown) - 1 else ", ", name]
    return tuple(pieces)


def stop(text: str) -> str:
    """End a text as a sentence."""
    return text if not text or text[-1] in ".!?…" else f"{text}."


def capital(text: str) -> str:
    """Begin a text as a sentence."""
    return text[:1].upper() + text[1:]
