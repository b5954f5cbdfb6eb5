"""Labels that look like a positive value and are another class: a person would take them for the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

from ml_ci.child.labels import Classes
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import brief, canonical

_SHOWN = 4
_GROUPED = re.compile(r"-?[0-9]{1,3}([_,'])[0-9]{3}(\1[0-9]{3})*(\.[0-9]*)?|-?[0-9]+(_[0-9]+)+")
_DIGITS = re.compile(r"-?[0-9]*\.?[0-9]+\.?(e[-+]?[0-9]+)?", re.IGNORECASE)
_TRUE = frozenset({"true", "t", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off"})


def alike_notes(counts: Mapping[str, int], positive: Positive) -> Iterator[str]:
    """Say how many rows have a label that differs from a positive value by its spelling only, and is not positive.

    `counts` are the rows of each distinct label. The spelling: case, white space and marks without width, Unicode form,
    and how a number or a boolean is written. With a comparison labels are numbers, and nothing is said.
    """
    if positive.comparison is not None:
        return
    classes = Classes(counts, positive.values)
    for value in positive.values:
        found: dict[str, dict[str, int]] = {}
        folded = _fold(str(value))
        for text, rows in counts.items():
            if not text or classes.of(text) in classes.positive:
                continue
            how = _difference(text, str(value).strip(), folded)
            if how is not None:
                found.setdefault(how, {})[text] = rows
        for how, texts in found.items():
            yield _said(value, how, texts)


def _said(value: object, how: str, texts: Mapping[str, int]) -> str:
    rows = sum(texts.values())
    listed = ", ".join(f"{_visible(text)} ({count:,})" for text, count in list(texts.items())[:_SHOWN])
    more = f" and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else ""
    have, they = ("row has a label", "it counts") if rows == 1 else ("rows have a label", "they count")
    return (
        f"{rows:,} {have} that differs from the positive value {_visible(str(value))} only by {how}, and {they} as "
        f"negative: {listed}{more}. If they are the same, write them alike, or list them all under `positive:`."
    )


def _visible(text: str) -> str:
    """Quote a label; what cannot be seen in it stands as its code."""
    return brief(text) if unicodedata.is_normalized("NFC", text) else ascii(text[:40])


def _difference(text: str, value: str, folded: str) -> str | None:
    """Name what two labels that are not the same differ by, if a person would take them for the same."""
    if _fold(text) == folded:
        return _folds_between(text, value)
    if _number(text) is not None and _number(text) == _number(value):
        return "the spelling of a number"
    for words in (_TRUE, _FALSE):
        both = {_fold(text), folded}
        if both <= words and not all(len(word) == 1 and word.isalpha() for word in both):
            return "the spelling of a boolean"
    return None


def _folds_between(text: str, value: str) -> str:
    for number in range(1, len(_FOLDS)):
        for chosen in combinations(_FOLDS, number):
            if _through(text, chosen) == _through(value, chosen):
                return " and ".join(_FOLDS[one] for one in chosen)
    return ", ".join(_FOLDS.values())


def _through(text: str, folds: tuple[Callable[[str], str], ...]) -> str:
    for fold in folds:
        text = fold(text)
    return text


def _fold(text: str) -> str:
    if text.isascii():
        return "".join(text.split()).lower()
    return _space(unicodedata.normalize("NFKC", text).casefold())


def _space(text: str) -> str:
    """Leave out white space and the marks that have no width."""
    return "".join(letter for letter in text if not letter.isspace() and not _is_hidden(letter))


def _is_hidden(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc", "Zs", "Zl", "Zp")


def _form(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _number(text: str) -> str | None:
    """Give the number that a person reads in a text: 1,000 and 1_000 are 1000, 007 is 7."""
    plain = _space(_form(text)).removeprefix("+")
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[_,']", "", plain)
    return canonical(plain) if _DIGITS.fullmatch(plain) else None


_FOLDS: Mapping[Callable[[str], str], str] = {
    str.casefold: "case",
    _space: "white space or marks without width",
    _form: "its Unicode form",
}
