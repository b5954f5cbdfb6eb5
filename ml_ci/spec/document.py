"""A YAML text as plain values, with the line of every key and list item.

YAML 1.2's core schema, so that what looks like text is text: booleans are only true and false, dates and 1:30 stay
text, a key is always text. The values are made from the parser's events: this gives positions, refuses duplicate
keys (PyYAML keeps the last in silence), bounds depth and aliases, and constructs no object by tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from ml_ci.spec.problems import Place, Problem, shorten

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 50_000
MAX_DIGITS = 300  # such an integer still becomes a float; a longer one stays text

Scalar: TypeAlias = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_TAGS = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """Hold a file's value, the (line, column) of every place in it, its lines, and what is wrong with it."""

    value: Any
    positions: Mapping[Place, tuple[int, int]]
    lines: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    def position(self, place: Place) -> tuple[int, int]:
        """Give line and column, from 1, of the key or list item at `place`, or of the nearest one around it."""
        while place and place not in self.positions:
            place = place[:-1]
        return self.positions.get(place, (1, 1))


@dataclass
class _Node:
    """A value before its place is known: an alias makes one node stand at several places."""

    line: int
    column: int
    scalar: Scalar = None
    items: list[_Node] | None = None
    pairs: list[tuple[str, _Node, _Node]] | None = None
    problem: str = ""


class _StopError(Exception):
    """Stop reading: nothing after this can be trusted."""

    def __init__(self, message: str, line: int, column: int = 0) -> None:
        super().__init__(message)
        self.problem = Problem((), message, line, column)


def read(text: str) -> Document:
    """Read one YAML document; what is wrong with it is in `problems`, and then `value` may be None or partial."""
    text = text.removeprefix("\ufeff")
    lines = tuple(_BREAK.split(text)) if len(text) <= MAX_CHARACTERS else ()
    try:
        node = _Composer(text, lines).document()
        placed = _Placed()
        value = placed.plain(node, ())
    except _StopError as stop:
        return Document(None, {}, lines, (stop.problem,))
    return Document(value, placed.positions, lines, tuple(placed.problems))


class _Composer:
    """Make nodes from the parser's events."""

    def __init__(self, text: str, lines: tuple[str, ...]) -> None:
        _refuse_unreadable(text)
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.next: Callable[[], Any] = loader(text).get_event
        self.lines = lines
        self.anchors: dict[str, _Node] = {}

    def event(self) -> Any:
        """Take the next event; _StopError where the text is no YAML from here on."""
        try:
            return self.next()
        except yaml.YAMLError as error:
            raise _syntax(error, self.lines) from None

    def document(self) -> _Node:
        """Compose the one document of the file; _StopError where it is empty or there is a second."""
        self.event()  # the stream's start
        if isinstance(self.event(), yaml.StreamEndEvent):
            raise _StopError("the file is empty; `ml-ci init` writes one to start from", 1)
        node = self.node(self.event(), 0)
        self.event()  # the document's end
        after = self.event()
        if not isinstance(after, yaml.StreamEndEvent):
            raise _StopError("a second document begins here (`---`); the file holds one", after.start_mark.line + 1)
        return node

    def node(self, event: Any, depth: int) -> _Node:
        """Compose the value that begins with `event`, at most MAX_DEPTH levels deep."""
        mark = event.start_mark
        node = _Node(mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, node)
        if depth > MAX_DEPTH:
            raise _StopError(f"values are nested deeper than {MAX_DEPTH} levels here", node.line)
        if isinstance(event, yaml.ScalarEvent):
            node.scalar, node.problem = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node.problem = _foreign_tag(event, "seq")
            node.items = self.items(depth)
        else:
            node.problem = _foreign_tag(event, "map")
            node.pairs = self.pairs(depth)
        if event.anchor:
            self.anchors[event.anchor] = node  # only now: an alias inside its own anchor is undefined
        return node

    def alias(self, event: Any, at: _Node) -> _Node:
        """Give what an anchor above names, as a value of its own at this place."""
        known = self.anchors.get(event.anchor)
        if known is None:
            name = shorten(event.anchor)
            raise _StopError(
                f"'*{name}' refers to no anchor '&{name}' above; put text that starts with * in quotes", at.line
            )
        return _Node(at.line, at.column, known.scalar, known.items, known.pairs, known.problem)

    def items(self, depth: int) -> list[_Node]:
        """Compose the items of a list, up to its end."""
        items = []
        while not isinstance(event := self.event(), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return items

    def pairs(self, depth: int) -> list[tuple[str, _Node, _Node]]:
        """Compose the pairs of a mapping, up to its end: the key's text, the key and its value."""
        pairs = []
        while not isinstance(event := self.event(), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                raise _StopError("a key has to be text here; put text that holds { or [ in quotes", key.line)
            if event.value == "<<":
                raise _StopError(
                    "the merge key '<<' is not part of YAML 1.2; write the keys out, or alias single values", key.line
                )
            pairs.append((event.value, key, self.node(self.event(), depth + 1)))
        return pairs


@dataclass
class _Placed:
    """Turn nodes into plain values and note where each stands."""

    positions: dict[Place, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def plain(self, node: _Node, place: Place) -> Any:
        """Give a value as Python objects; problems and positions are collected by place, at most MAX_VALUES of them."""
        if len(self.positions) > MAX_VALUES:
            raise _StopError(f"the file unfolds to more than {MAX_VALUES:,} values; use fewer aliases", node.line)
        self.positions.setdefault(place, (node.line, node.column))
        if node.problem:
            self.problems.append(Problem(place, node.problem, *self.positions[place][:1]))
        if node.pairs is not None:
            return self.mapping(node.pairs, place)
        if node.items is not None:
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.items)]
        return node.scalar

    def mapping(self, pairs: list[tuple[str, _Node, _Node]], place: Place) -> dict[str, Any]:
        """Give a mapping; of a key that stands twice the first counts, and the second is a problem."""
        mapping: dict[str, Any] = {}
        for name, key, value in pairs:
            at = (*place, name)
            if name in mapping:
                message = (
                    f"the key stands twice in this mapping, first on line {self.positions[at][0]}; remove one of them"
                )
                self.problems.append(Problem(at, message, key.line))
                continue
            self.positions[at] = (key.line, key.column)
            if key.problem:
                self.problems.append(Problem(at, key.problem, key.line))
            mapping[name] = self.plain(value, at)
        return mapping


def _scalar(event: Any) -> tuple[Scalar, str]:
    tag = event.tag
    if _UNSAFE.search(event.value):
        return event.value, "the text holds a control character; remove it"
    if tag is None or tag == "!":
        plain = tag is None and event.implicit[0]
        return (_core(event.value) if plain else event.value), ""
    if tag == f"{_TAGS}str":
        return event.value, ""
    return event.value, _foreign_tag(event, "str")


def _foreign_tag(event: Any, own: str) -> str:
    if event.tag in (None, "!", _TAGS + own):
        return ""
    return f"the tag '{shorten(event.tag.replace(_TAGS, '!!'))}' is not read here; write the value without it"


def _core(text: str) -> Scalar:
    """Resolve a plain scalar by YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#1032-tag-resolution)."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) > MAX_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        return float(text.replace(".", "") if _SPECIAL.fullmatch(text) else text)
    return text


def _refuse_unreadable(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise _StopError(f"the file has {len(text):,} characters, more than the {MAX_CHARACTERS:,} that are read", 1)
    found = _UNSAFE.search(text)
    if found:
        line = len(_BREAK.split(text[: found.start()]))
        raise _StopError("the line holds a control character; save the file as plain UTF-8 text", line)


# What a parser says of a frequent mistake depends on the parser; the offending line does not.
_QUOTE = 'a value that starts with {0} has to be in quotes, for example "{1}"'
_LINE_CAUSES = (
    (re.compile(r"^[ ]*\t"), "the line is indented with a tab; YAML indents with spaces"),
    (re.compile(r"(?:[:\-] +)(>=|<=|[>|])[^\s|>].*$"), _QUOTE.format(">", ">= 30")),
    (re.compile(r"(?:[:\-,\[{] *)[*&](?=[\s./\-*]|\w*[./])"), _QUOTE.format("*", "*.csv")),
    (re.compile(r"(?:[:\-] +)%"), _QUOTE.format("%", "%d")),
    (re.compile(r"(?:[:\-] +)@"), _QUOTE.format("@", "@name")),
    (re.compile(r"(?:[:\-] +)`"), _QUOTE.format("`", "`name`")),
    (re.compile(r"(?:[:\-] +)\{[^{}]*\}\s*[^\s,}\]#]"), _QUOTE.format("{", "{data.train} more")),
    (
        re.compile(r""":\s+(?:"[^"]*"|'[^']*')\s+[^\s#]"""),
        "text follows a closing quote; put the whole value in quotes",
    ),
    (re.compile(r":\t"), "a tab follows the colon; YAML separates with spaces"),
)
_PARSER_CAUSES = (
    (
        "mapping values are not allowed",
        "a second ': ' on one line, or a wrong indentation; put text that holds ': ' in quotes",
    ),
    ("found unexpected end of stream", "a quoted text is not closed before the end of the file"),
    ("could not find expected ':'", "a key without its ':' before this line"),
    ("control characters are not allowed", "the line holds a control character; save the file as plain UTF-8 text"),
    ("special characters are not allowed", "the line holds a control character; save the file as plain UTF-8 text"),
)


def _syntax(error: Any, lines: tuple[str, ...]) -> _StopError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    number = min(mark.line + 1 if mark else 1, len(lines))
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable")
    context = str(getattr(error, "context", None) or "")
    if "while parsing a flow" in context and not "".join(lines[number:]).strip():
        last = max((at for at, line in enumerate(lines, 1) if line.strip()), default=1)
        return _StopError("this is not YAML: the file ends before a [ or { is closed", last)
    for pattern, cause in _LINE_CAUSES:
        for line in dict.fromkeys((number, max(number - 1, 1))):
            if pattern.search(lines[line - 1]):
                return _StopError(f"this is not YAML: {cause}", line)
    cause = next((cause for words, cause in _PARSER_CAUSES if words in problem), "")
    return _StopError(f"this is not YAML: {cause or f'{problem} {context}'.strip()}", number)
