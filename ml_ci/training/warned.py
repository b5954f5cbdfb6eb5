"""What a job warned of, as its log has it: in any language, each once, on one line and cut short.

A log is what the job prints, so what it keeps silent about is not known, nor what was dropped from the middle of a
long log. What is secret is masked in it already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml_ci.training import left
from ml_ci.training.log import HEAD, TAIL
from ml_ci.training.ran import Warned, alike

MOST, LONGEST = 20, 300
_LINE = 2_000
_ANY = re.compile(r"[Ww]arn|WARN|^W|[WE]:onnx|GPU|CPU|CUDA|cuda|cpu|gpu|Provider")  # most lines have none of these
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# A date, a time, a number of seconds, as programs put it before what they say.
_WHEN = re.compile(
    r"^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d/\d\d/\d\d)?[T ,]*\d\d:\d\d:\d\d(?:[.,:]\d+)?"
    r"(?:Z|[+-]\d\d:?\d\d)?[\])]?[\s:,|-]*"
)
_PYTHON = re.compile(r":\d+: ((?:\w+\.)*\w*Warning: .*)$")
_NODE = re.compile(r"^\(node:\d+\) (?:\[\w+\] )?(\w*Warning: .*)$")
_LETTER = re.compile(r"^W(?:\d{4} \S+ +\d+)? \S+:\d+\] (.*)$")  # of Google's logging: TensorFlow, Go
_ONNX = re.compile(r"\[[WE]:onnxruntime:[^\]]*\] (.*)$")
_INFORMED = re.compile(r"^[IWE](?:\d{4} \S+ +\d+)? \S+:\d+\] ")
# `WARNING: said`, `WARN org.Class: said`, `[warning] said`; a small word has to be followed by a colon.
_MARKED = re.compile(
    r"(?:\[(?:WARN(?:ING)?|[Ww]arn(?:ing)?)\]:?\s+|\bWARN(?:ING)?\b\s*[:|>-]*\s*|\b[Ww]arning:\s+)(?P<said>\S.*)$"
)
_R_BEGINS = re.compile(r"^(?:In addition: )?Warning messages?:$|^Warning in .{1,200} :\s*(?P<said>.*)$")
_R_NUMBER = re.compile(r"^\d+: ")
_R_CALL = re.compile(r"^In .{1,200} :\s*")
# What XGBoost puts before its own: `UserWarning: [12:00:00] WARNING: /src/context.cc:44: No visible GPU …`.
_LIBRARY = re.compile(r": \[[\d:]+\] WARNING: \S+:\d+: ")
_FALLBACK = re.compile(
    r"No visible GPU is found|changed from GPU to CPU|couldn't find any available GPU|"  # XGBoost
    r"(?:fall(?:ing|s)?|fell) ?back (?:to|on) (?:the )?CPU|"  # JAX, and many others
    r"setting device to CPU|(?:switch|chang)ing (?:to|device to) (?:the )?CPU|"
    r"Failed to create (?:CUDA|Tensorrt|ROCM|MIGraphX)ExecutionProvider|"  # ONNX Runtime
    r"'(?:CUDA|Tensorrt|ROCM)ExecutionProvider' is not in available|"
    r"CUDA is not available|CUDA initialization:|no CUDA-capable device|"
    r"no accelerator is found|Torch not compiled with CUDA|"  # PyTorch
    r"Could not find cuda drivers|GPU will not be used|failed call to cuInit|Skipping registering GPU devices|"
    r"Cannot dlopen some GPU libraries|No GPU/TPU found",
    re.IGNORECASE,
)


def find_warnings(log: Path) -> tuple[tuple[Warned, ...], tuple[Warned, ...], int]:
    """Find what a log warns of, what it says of falling back to the CPU, and how many further warnings it has."""
    warnings: dict[str, Warned] = {}
    fallbacks: dict[str, Warned] = {}
    for said in _find(_read(log)):
        into = fallbacks if _FALLBACK.search(said) else warnings
        key = alike(said[:LONGEST])
        known = into.get(key)
        into[key] = Warned(said[:LONGEST]) if known is None else Warned(known.text, known.count + 1)
    kept = tuple(warnings.values())
    return kept[:MOST], tuple(fallbacks.values())[:MOST], max(0, len(kept) - MOST)


def _read(log: Path) -> Iterator[str]:
    found = left.content(log, HEAD + TAIL + 10_000) or b""
    for line in re.split(r"[\r\n]+", found.decode("utf-8", "replace")):
        plain = _ANSI.sub("", line[:_LINE]) if "\x1b" in line else line[:_LINE]
        yield plain if plain.isprintable() else "".join(filter(str.isprintable, plain))


def _find(lines: Iterable[str]) -> Iterator[str]:
    """Give what is warned of, without when and where: R says it on the next line, or on several."""
    expected, several = False, False
    for line in lines:
        said = _WHEN.sub("", line.strip())
        begun = _R_BEGINS.match(said)
        if begun is not None:
            expected, several = not begun["said"], "messages" in said
            yield from filter(None, [begun["said"]])
        elif expected or (several and _R_NUMBER.match(said)):
            text = _R_CALL.sub("", _R_NUMBER.sub("", said)).strip()
            expected = not text
            yield from filter(None, [text])
        else:
            several = False
            yield from filter(None, [_take(said)])


def _take(line: str) -> str:
    """Give what a line warns of; "" for any other line."""
    if not _ANY.search(line):
        return ""
    for pattern in (_PYTHON, _NODE, _LETTER, _ONNX):
        found = pattern.search(line)
        if found is not None:
            return _LIBRARY.sub(": ", found[1]).strip()
    found = _MARKED.search(line)
    if found is not None and _is_a_loggers(line[: found.start()]):
        return found["said"].strip()
    return _INFORMED.sub("", line) if _FALLBACK.search(line) else ""


def _is_a_loggers(before: str) -> bool:
    """Say whether a mark stands where loggers put it: first, or behind a name, a time, brackets; not in a sentence."""
    words = before.split()
    return len(words) <= 6 and sum(word.isalpha() for word in words) <= 1
