"""Models in ONNX: run by onnxruntime, with the classes that their graph names."""

from __future__ import annotations

from ..failures import JobFailed
from .batches import in_batches
from .columns import as_numbers, by_names
from .native import Native, by_ending
from .wire import Node, find_classes, find_ending, read_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ..exchange import Request

_WHAT = "the ONNX model"
_KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
_ENDINGS = {"Sigmoid": "sigmoid", "Softmax": "softmax", "LogSoftmax": "log_softmax"}


class ONNX(Native):
    """An ONNX model, for messages."""


class Graph:
    """Hold a session of onnxruntime, and the operations of its graph."""

    def __init__(self, session: Any, content: bytes) -> None:
        self.session = session
        self.nodes: list[Node] = read_nodes(content)


def load_onnx(path: str, request: Request) -> Any:
    return _open(path, _read(path))  # by its path: weights may lie in files beside it


def _open(source: Any, content: bytes) -> Graph:
    import onnxruntime

    return Graph(onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"]), content)


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def from_proto(model: Any, request: Request) -> Any:
    """Run a ModelProto that a function returned."""
    content = model.SerializeToString()
    return from_graph(_open(content, content), request)


def from_session(session: Any, request: Request) -> Any:
    """Run a session that is open, as MLflow gives one."""
    return from_graph(Graph(session, session._model_bytes or _read(session._model_path)), request)


def from_graph(graph: Graph, request: Request) -> Any:
    """Read the output of probabilities: maps of classes, columns that the graph names, or a sigmoid's or softmax's."""
    outputs = graph.session.get_outputs()
    maps = [one for one in outputs if one.type.startswith("seq(map(")]
    if maps:
        return ONNX(lambda rows: _tabulate(_run(graph, maps[0].name, rows), rows), True)
    floats = [one for one in outputs if one.type in ("tensor(float)", "tensor(double)", "tensor(float16)")]
    classes = find_classes(graph.nodes) if len(outputs) > 1 else []
    labels = [one for one in outputs if one not in floats]
    if len(floats) > 1 or not outputs or (not floats and len(labels) > 1):
        raise JobFailed(
            "predict-raised",
            "%s has the outputs %s, and it is not plain which are the probabilities"
            % (_WHAT, ", ".join(one.name for one in outputs)),
            "Score in a function of your own: `predict: module:function`.",
        )
    if not floats:
        return ONNX(lambda rows: _run(graph, labels[0].name, rows).reshape(-1), False)
    name = floats[0].name
    if classes:
        return ONNX(lambda rows: _run(graph, name, rows), True, classes)
    if labels:  # a classifier of which the graph does not say the classes: sorted, as scikit-learn has them
        return ONNX(lambda rows: _run(graph, name, rows), True)
    kind = _ENDINGS.get(find_ending(graph.nodes, name), "")

    def answer(rows: Any) -> Any:
        return by_ending(_run(graph, name, rows), kind, rows, request, _WHAT)

    return ONNX(answer, bool(kind))


def _run(graph: Graph, output: str, rows: Any) -> Any:
    taken, batch = _inputs(graph, rows)
    run: Callable[[Any], Any] = lambda given: graph.session.run([output], given)[0]  # noqa: E731
    return in_batches(run, taken, len(rows), batch)


def _inputs(graph: Graph, rows: Any) -> tuple[dict[str, Any], int | None]:
    """Give what the graph takes: one array of all columns, or a column for each input of that name."""
    inputs = graph.session.get_inputs()
    for one in inputs:
        if one.type not in _KINDS:
            raise JobFailed(
                "model-columns",
                "%s takes %s as `%s`, which no table gives" % (_WHAT, one.type, one.name),
                "Score in a function of your own: `predict: module:function`.",
            )
    fixed = [one.shape[0] for one in inputs if one.shape and isinstance(one.shape[0], int)]
    batch = fixed[0] if fixed else None
    widths = [one.shape[1] if len(one.shape) > 1 else 1 for one in inputs]
    if len(inputs) == 1 and widths != [1]:
        width = widths[0] if isinstance(widths[0], int) else None
        return {inputs[0].name: _array(rows, width, _KINDS[inputs[0].type])}, batch
    if any(width != 1 for width in widths):
        raise JobFailed(
            "model-columns",
            "%s takes several arrays: %s" % (_WHAT, ", ".join(one.name for one in inputs)),
            "Score in a function of your own: `predict: module:function`.",
        )
    chosen = by_names(rows, [one.name for one in inputs], _WHAT)
    return {
        one.name: _array(chosen[[name]], 1, _KINDS[one.type]).reshape(-1, *([1] * (len(one.shape) - 1)))
        for one, name in zip(inputs, chosen.columns)
    }, batch


def _array(rows: Any, width: int | None, kind: str) -> Any:
    if kind == "object":
        return rows.to_numpy().astype(str).astype(object)
    return as_numbers(rows, width, _WHAT, kind)


def _tabulate(maps: Any, rows: Any) -> Any:
    """Give maps from class to probability as a table whose columns are named by the classes."""
    import pandas

    return pandas.DataFrame(list(maps), index=getattr(rows, "index", None)).rename(columns=str)
