"""A YAML text as plain values, with the line of every key and list item.

YAML 1.2's core schema, so that what looks like text is text: booleans are only true and false, dates and 1:30 stay
text, a key is always text. PyYAML composes the nodes, which have positions and are no objects yet; what is ours refuses
duplicate keys (PyYAML keeps the last in silence), bounds depth and aliases, and constructs no object by tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import field
from typing import Any, TypeAlias

import yaml
from yaml.composer import Composer, ComposerError

from ml_ci.frozen import dataclass
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
        node = _compose(text, lines)
        placed = _Placed()
        value = placed.plain(node, ())
    except _StopError as stop:
        return Document(None, {}, lines, (stop.problem,))
    return Document(value, placed.positions, lines, tuple(placed.problems))


class _Nodes(Composer):
    """Compose nodes as PyYAML does, each where it stands, at most MAX_DEPTH deep."""

    peek_event: Callable[[], Any]
    get_event: Callable[[], Any]

    parser: Any

    def __init__(self, text: str) -> None:
        self.parser.__init__(self, text)
        Composer.__init__(self)
        self.depth = -1
        self.named: dict[str, yaml.Node] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose the next value; _StopError where it is a key and no text."""
        event = self.peek_event()
        is_alias = isinstance(event, yaml.AliasEvent)
        node = self.follow(self.get_event()) if is_alias else self.compose_value(event, parent, index)
        if isinstance(parent, yaml.MappingNode) and index is None:
            _refuse_key(event)
        return node

    def compose_value(self, event: Any, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a value that stands here; _StopError where it lies too deep."""
        if self.depth == MAX_DEPTH:
            raise _StopError(f"values are nested deeper than {MAX_DEPTH} levels here", _line(event))
        self.depth += 1
        self.anchors.clear()  # PyYAML refuses an anchor that is set again, and knows one inside of itself
        node = super().compose_node(parent, index)
        self.depth -= 1
        if event.anchor and node is not None:
            self.named[event.anchor] = node
        return node

    def follow(self, event: Any) -> yaml.Node:
        """Give what an anchor above names, as a value of its own at this place; _StopError without one."""
        if event.anchor not in self.named:
            name = shorten(event.anchor)
            message = f"'*{name}' refers to no anchor '&{name}' above; put text that starts with * in quotes"
            raise _StopError(message, _line(event))
        node = copy(self.named[event.anchor])
        node.start_mark = event.start_mark
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        """Leave a plain scalar without a tag: YAML 1.2's core schema says what it means, and not PyYAML."""
        event = self.peek_event()
        node = super().compose_scalar_node(anchor)
        node.tag = event.tag if event.tag or event.implicit[0] else "!"
        return node


def _compose(text: str, lines: tuple[str, ...]) -> yaml.Node:
    """Compose the one document of a text; _StopError where it is empty, no YAML, or there is a second."""
    _refuse_unreadable(text)
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=type("Nodes", (_Nodes, parser), {"parser": parser}))
    except ComposerError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _StopError("a second document begins here (`---`); the file holds one", line) from None
    except yaml.YAMLError as error:
        raise _syntax(error, lines) from None
    if node is None:
        raise _StopError("the file is empty; `ml-ci init` writes one to start from", 1)
    return node


def _line(at: Any) -> int:
    return int(at.start_mark.line) + 1


@dataclass
class _Placed:
    """Turn nodes into plain values and note where each stands."""

    positions: dict[Place, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def plain(self, node: Any, place: Place) -> Any:
        """Give a value as Python objects; problems and positions are collected by place, at most MAX_VALUES of them."""
        if len(self.positions) > MAX_VALUES:
            raise _StopError(f"the file unfolds to more than {MAX_VALUES:,} values; use fewer aliases", _line(node))
        self.positions.setdefault(place, (_line(node), node.start_mark.column + 1))
        if problem := _find_problem(node):
            self.problems.append(Problem(place, problem, self.positions[place][0]))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node.value, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.value)]
        return _core(node.value) if node.tag is None else node.value

    def mapping(self, pairs: list[tuple[Any, Any]], place: Place) -> dict[str, Any]:
        """Give a mapping; of a key that stands twice the first counts, and the second is a problem."""
        mapping: dict[str, Any] = {}
        for key, value in pairs:
            name, at = key.value, (*place, key.value)
            if name in mapping:
                first = self.positions[at][0]
                message = f"the key stands twice in this mapping, first on line {first}; remove one of them"
                self.problems.append(Problem(at, message, _line(key)))
                continue
            self.positions[at] = (_line(key), key.start_mark.column + 1)
            if problem := _find_problem(key):
                self.problems.append(Problem(at, problem, _line(key)))
            mapping[name] = self.plain(value, at)
        return mapping


def _refuse_key(event: Any) -> None:
    if not isinstance(event, yaml.ScalarEvent):
        raise _StopError("a key has to be text here; put text that holds { or [ in quotes", _line(event))
    if event.value == "<<":
        message = "the merge key '<<' is not part of YAML 1.2; write the keys out, or alias single values"
        raise _StopError(message, _line(event))


_OWN = {"scalar": "str", "sequence": "seq", "mapping": "map"}


def _find_problem(node: Any) -> str:
    """Say what is wrong with a value by itself; "" of most."""
    if node.id == "scalar" and _UNSAFE.search(node.value):
        return "the text holds a control character; remove it"
    if node.tag in (None, "!", _TAGS + _OWN[node.id]):
        return ""
    return f"the tag '{shorten(node.tag.replace(_TAGS, '!!'))}' is not read here; write the value without it"


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
# `[gap(fpr, by=[sex, race]) <= 0.05]`: YAML ends a plain text of a list at a comma, and at a bracket.
_GATE_IN_LIST = re.compile(r"^(?!\s*-\s)[^\"'#]*\w\([^\"')]*=\s*\[")
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
    gate = next((at for at, line in enumerate(lines, 1) if _GATE_IN_LIST.search(line)), None)
    if "while parsing a flow" in context and gate is not None:
        return _StopError("this is not YAML: in a [list] quote a gate that has a comma or a bracket", gate)
    if "while parsing a flow" in context and not "".join(lines[number:]).strip():
        last = max((at for at, line in enumerate(lines, 1) if line.strip()), default=1)
        return _StopError("this is not YAML: the file ends before a [ or { is closed", last)
    for pattern, cause in _LINE_CAUSES:
        for line in dict.fromkeys((number, max(number - 1, 1))):
            if pattern.search(lines[line - 1]):
                return _StopError(f"this is not YAML: {cause}", line)
    cause = next((cause for words, cause in _PARSER_CAUSES if words in problem), "")
    return _StopError(f"this is not YAML: {cause or f'{problem} {context}'.strip()}", number)
