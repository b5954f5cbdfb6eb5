"""Start Python for arguments that keep it from reading PYTHONPATH (`-I`, `-E`, `-S`): `launch.py ARGUMENTS…`.

The options stay, and what they start is started by `isolated.py`, after the job's beginning.
"""

from __future__ import annotations

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_LONG = "--check-hash-based-pycs"


def parse(arguments: list[str]) -> tuple[list[str], str, str, list[str]]:
    """Split Python's arguments: its options, a kind of program (`-c`, `-m`, `file`, `-`, ``), which, and its own."""
    options: list[str] = []
    rest = list(arguments)
    while rest:
        if rest[0] == "--":
            rest = rest[1:]
            break
        if not rest[0].startswith("-") or rest[0] == "-":
            break
        word = rest.pop(0)
        if word.startswith("--"):
            options += [word, rest.pop(0)] if word == _LONG and rest else [word]
            continue
        flags, kind, value = _cluster(word[1:], rest)
        if kind in ("-c", "-m"):
            return options + flags, kind, value, rest
        options += flags
    if not rest:
        return options, "", "", []
    return options, "-" if rest[0] == "-" else "file", rest[0], rest[1:]


def _cluster(letters: str, rest: list[str]) -> tuple[list[str], str, str]:
    """Take one word of single letters apart; a letter that takes a value takes the rest of it, or the next word."""
    flags: list[str] = []
    for at, letter in enumerate(letters):
        if letter in "cmWX":
            value = letters[at + 1 :] or (rest.pop(0) if rest else "")
            if letter in "cm":
                return flags, "-" + letter, value
            return [*flags, "-" + letter, value], "", ""
        flags.append("-" + letter)
    return flags, "", ""


def main(arguments: list[str]) -> None:
    """Become the Python that the arguments ask for."""
    options, kind, value, rest = parse(arguments)
    isolated = {"-I", "-E", "-S"} & set(options)
    other = {"-h", "-?", "-V", "-x"} & set(options) or any(option.startswith("--h") for option in options)
    if isolated and not other:
        arguments = [*options, os.path.join(_HERE, "isolated.py"), kind, value, *rest]
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
