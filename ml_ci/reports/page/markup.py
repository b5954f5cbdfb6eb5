"""HTML that is escaped because of what it is made with: a plain string becomes text, only `Html` is markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any

from ml_ci.reports.pieces import Code, Sentence
from ml_ci.reports.text import label

_MOST = 4000
_QUOTED = re.compile(r"(?<!`)`([^`]+)`(?!`)")
# Elements that have no end.
_VOID = frozenset({"br", "hr", "input", "meta", "link"})
# Shapes within a drawing, which have nothing inside.
_SHAPES = frozenset({"path", "circle", "rect", "line", "use"})
# What could end a script or begin markup, and the line ends that JavaScript knows and JSON does not.
_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class Html(str):
    """Text that is markup already; nothing else is put into a page as it is."""

    __slots__ = ()


NOTHING = Html("")


def tag(name: str, /, *inside: str, **attributes: str | float | bool | None) -> Html:
    """Give an element. Strings inside are escaped unless they are `Html`; so are the values of attributes, in quotes.

    An underscore at the end of an attribute's name is dropped, any other is a hyphen: `class_`, `aria_label`. None and
    False leave an attribute out, True gives it without a value.
    """
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{given}>")
    if name in _SHAPES:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{join(inside)}</{name}>")


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.removesuffix("_").replace("_", "-")
    shown = label(value, _MOST) if isinstance(value, str) else f"{value:g}"
    return f" {name}" if value is True else f' {name}="{escape(shown)}"'


def join(inside: Iterable[str], between: str = "") -> Html:
    """Put pieces beside each other, each escaped unless it is markup."""
    return Html(between.join(piece if isinstance(piece, Html) else text(piece) for piece in inside))


def text(value: str, most: int = _MOST) -> Html:
    """Escape a text; the spaces at its ends stay."""
    shown = escape(label(value, most))
    return Html(" " * value.startswith(" ") + shown + " " * (value.endswith(" ") and bool(shown)))


def named(value: str, most: int = 200) -> Html:
    """Give a name of somebody's: its own direction of writing does not turn the words around it."""
    return tag("bdi", label(value, most))


def code(value: str, most: int = 300) -> Html:
    """Give a name or a command as code; "" gives ""."""
    return tag("code", named(value, most)) if label(value, most) else NOTHING


def sentence(pieces: Sentence) -> Html:
    """Give a sentence, with its names of files and commands as code."""
    return join(code(piece, 1000) if isinstance(piece, Code) else text(piece) for piece in pieces)


def quoted(value: str, most: int = _MOST) -> Html:
    """Escape a text; what our own messages quote in backticks becomes code."""
    pieces = _QUOTED.split(label(value, most))
    return join(code(piece, most) if at % 2 else _spaced(piece) for at, piece in enumerate(pieces))


def _spaced(piece: str) -> Html:
    return Html(escape(piece))


def data(value: Any, name: str) -> Html:
    """Give values to the script of the page: JSON in which nothing ends a script or begins markup."""
    said = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).translate(_IN_SCRIPT)
    return Html(f'<script type="application/json" id="{escape(name)}">{said}</script>')
