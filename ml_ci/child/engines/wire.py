"""Read what an ONNX file says of its graph, without the library that writes such files: protobuf, a field at a time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

# The fields of onnx.proto that are read, by their numbers.
_GRAPH = 7
_NODE = 1
_INPUT, _OUTPUT, _OPERATION, _ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _INTS, _STRINGS = 1, 8, 9
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_PASSED = ("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten")


class Node:
    """Hold one operation of a graph: its name, what it takes and gives, and the classes that it knows."""

    def __init__(self, message: memoryview) -> None:
        self.takes: list[str] = []
        self.gives: list[str] = []
        self.operation = ""
        self.classes: list[Any] = []
        for field, value in fields(message):
            if field == _INPUT:
                self.takes.append(_text(value))
            elif field == _OUTPUT:
                self.gives.append(_text(value))
            elif field == _OPERATION:
                self.operation = _text(value)
            elif field == _ATTRIBUTE:
                self.classes = self.classes or _classes(value)


def read_nodes(model: bytes) -> list[Node]:
    """Give the operations of the graph, in its order."""
    found = []
    for field, graph in fields(memoryview(model)):
        if field == _GRAPH:
            found += [Node(message) for inside, message in fields(graph) if inside == _NODE]
    return found


def find_ending(nodes: list[Node], output: str) -> str:
    """Name the operation that an output comes from, past those that only give it another form; '' for none."""
    makers = {name: node for node in nodes for name in node.gives}
    for _ in range(len(nodes) + 1):
        node = makers.get(output)
        if node is None or node.operation not in _PASSED:
            return node.operation if node is not None else ""
        output = node.takes[0]
    return ""


def find_classes(nodes: list[Node]) -> list[Any]:
    """Give the classes that the graph's classifier knows, in the order of its columns; none where it has none."""
    return next((node.classes for node in reversed(nodes) if node.classes), [])


def _classes(attribute: memoryview) -> list[Any]:
    name = ""
    found: list[Any] = []
    for field, value in fields(attribute):
        if field == _ATTRIBUTE_NAME:
            name = _text(value)
        elif field == _STRINGS:
            found.append(_text(value))
        elif field == _INTS:
            found += [_signed(value)] if isinstance(value, int) else [_signed(one) for one in _varints(value)]
    return found if name in ("classlabels_int64s", "classlabels_ints", "classlabels_strings") else []


def fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Give the fields of a message: numbers, and parts of it that are not copied; ValueError for what is none."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind not in (_EIGHT, _BYTES, _FOUR):
            raise ValueError("no protobuf message")
        size = {_EIGHT: 8, _FOUR: 4}.get(kind, 0)
        if kind == _BYTES:
            size, place = _varint(message, place)
        if place + size > len(message):
            raise ValueError("the message is cut off")
        yield tag >> 3, message[place : place + size]
        place += size


def _varints(message: memoryview) -> Iterator[int]:
    place = 0
    while place < len(message):
        value, place = _varint(message, place)
        yield value


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("no protobuf message")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")
