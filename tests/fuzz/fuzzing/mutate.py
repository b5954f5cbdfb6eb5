"""Make new inputs of old ones: bytes and lines that are changed, doubled, dropped and put together."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_ODD = (b"\0", b"\xff\xff\xff\xff", b"\n", b"\r\n", b'"', b"'", b"\xef\xbb\xbf", b"\xc3", b"\x7f", b" ", b"\t", b"-1")
_ODD += (b"nan", b"1e999", b"9" * 40, b"null", b"true", b"{}", b"[]", b"..", b"/", b"*", b"&a ", b"{{", b"\\u0000", b"")

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutate(chance: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Change one of the `seeds` in one to six ways; `words` are what its language is made of."""
    content = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        content = chance.choice(_WAYS)(chance, content, (*words, *_ODD))
    return content[:1_000_000]


def _flip(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _insert(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(words) * chance.choice((1, 1, 1, 2, 30)) + content[at:]


def _replace(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    one, other = _part(chance, content, 12)
    return content[:one] + chance.choice(words) + content[other:]


def _drop(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    one, other = _part(chance, content, 200)
    return content[:one] + content[other:]


def _double(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    one, other = _part(chance, content, 200)
    return content[:other] + content[one:other] * chance.choice((1, 2, 50)) + content[other:]


def _cut(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    return content[: chance.randint(0, len(content))]


def _lines(chance: random.Random, content: bytes, words: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    if chance.random() < 0.3:
        lines[one] = lines[one][: len(lines[one]) - len(lines[one].lstrip())] + chance.choice(words)
    return b"\n".join(lines)


def _part(chance: random.Random, content: bytes, longest: int) -> tuple[int, int]:
    one = chance.randint(0, len(content))
    return one, min(len(content), one + chance.randint(0, longest))


_WAYS: tuple[Mutation, ...] = (_flip, _flip, _insert, _replace, _drop, _double, _cut, _lines)
