"""Strings of users, made fit to be shown: no control characters, no endless lines, ASCII where need be."""

from __future__ import annotations

import re

# ECMA-48 sequences (colours, cursor, window titles), whole, so that no `[31m` stays behind.
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?")
# C0, C1, line separators, the marks that turn the direction of text around ("Trojan Source"), lone surrogates.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "→": "->",
        "−": "-",
        "…": "...",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "·": "-",
        "×": "x",
        "▲": "^",
        "▼": "v",
        "●": "o",
        "─": "-",
        "├": "[",
        "┤": "]",
        "┃": "|",
        "│": "|",
        "–": "-",
        "“": '"',
        "”": '"',
        "’": "'",
        "\xa0": " ",
    }
)


def clean(text: str) -> str:
    """Give the text on one line, without terminal sequences, control characters and marks of direction."""
    text = _TERMINAL.sub("", text)
    text = re.sub(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", text)
    return _CONTROL.sub("", text).strip()


def clip(text: str, most: int) -> str:
    """Cut the text to at most `most` characters, the last of which is then an ellipsis."""
    return text if len(text) <= most else text[: max(most - 1, 0)].rstrip() + "…"


def label(text: str, most: int = 200) -> str:
    """Clean and clip a name or a sentence. Cuts first, so that megabytes cost nothing."""
    return clip(clean(clip(text, most * 4)), most)


def log_lines(log: str, most: int = 30, width: int = 500) -> list[str]:
    """Give the last lines of a job's log, cleaned; of a progress line that rewrote itself, what stood there last."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in log.strip("\n").split("\n")]
    shown = [_indented(line, width) for line in lines[-most:]]
    while shown and not shown[0].strip():
        shown.pop(0)
    return shown


def _indented(line: str, width: int) -> str:
    """Clean a line of a log and keep its indentation: a traceback is read by it."""
    spaces = len(line) - len(line.lstrip(" "))
    return clip(" " * min(spaces, 40) + clean(clip(line.strip(), width * 4)), width).rstrip()


def to_ascii(text: str) -> str:
    """Say the same in ASCII, for terminals and files that have nothing else."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def short_source(source: str) -> str:
    """Say what was compared with, a commit's id by seven digits: `merge-base 3f2c1ab`; each word once."""
    words = (word[:7] if _COMMIT.fullmatch(word) else word for word in label(source, 120).split())
    return clip(" ".join(dict.fromkeys(words)), 80)


def plural(number: int, noun: str) -> str:
    """Say a number of things: `1 gate`, `1,200 gates`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
