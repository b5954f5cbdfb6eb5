"""Models of PyTorch: modules, TorchScript, exported programs, and weights with a function that makes the module."""

from __future__ import annotations

from ..entries import load_entry
from ..failures import JobFailed
from .batches import in_batches
from .columns import as_numbers
from .native import Native, by_ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..exchange import Request

_ENDINGS = {
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
    "softmax": "softmax",
    "_softmax": "softmax",
    "log_softmax": "log_softmax",
    "_log_softmax": "log_softmax",
    "logsoftmax": "log_softmax",
}
_PASSED = ("squeeze", "flatten", "view", "reshape", "_to_copy", "to", "float", "double", "contiguous", "unsqueeze")


class PyTorch(Native):
    """A model of PyTorch, for messages."""


def load_script(path: str, request: Request) -> Any:
    import torch

    return torch.jit.load(path, map_location="cpu")


def load_exported(path: str, request: Request) -> Any:
    import torch

    return torch.export.load(path)


def load_torch(path: str, request: Request) -> Any:
    """Load what torch.save wrote: a module, or weights, also within a checkpoint."""
    import torch

    found = torch.load(path, map_location="cpu", weights_only=False)
    for key in ("state_dict", "model_state_dict"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    return _make(found, path, request) if isinstance(found, dict) else found


def load_safetensors(path: str, request: Request) -> Any:
    from safetensors.torch import load_file

    return _make(load_file(path), path, request)


def _make(weights: Any, path: str, request: Request) -> Any:
    """Have the user's function make the module that weights belong to, and give it them, every one."""
    import inspect
    import os

    factory = (request.get("load") or {}).get("factory")
    if not factory:
        raise JobFailed(
            "model-load",
            "%s holds weights, and not the module that they belong to" % os.path.basename(path),
            "Name the function that makes it: `load: {factory: module:function}`, called without arguments or with the "
            "weights by name. Or score in a function of your own: `predict: module:function`.",
        )
    function = load_entry(request, factory, "load.factory")
    module = function(*([weights] if inspect.signature(function).parameters else []))
    module.load_state_dict(weights)
    return module


def from_module(module: Any, request: Request) -> Any:
    """Ask a module that is set to answer, not to learn, for its rows as an array of its own type of numbers."""
    import torch

    module.eval()
    kind = next((str(one.dtype).split(".")[-1] for one in module.parameters() if one.is_floating_point()), "float32")
    script = isinstance(module, torch.jit.ScriptModule)
    ending = _script_ending(module) if script else _module_ending(module)
    return _ask(module, kind, ending, None, request)


def from_exported(program: Any, request: Request) -> Any:
    """Ask an exported program, in batches of the size that it was traced for, where it takes no other."""
    output = next(node for node in program.graph.nodes if node.op == "output").args[0]
    names = {one.target for one in program.graph_signature.input_specs if one.kind.name == "USER_INPUT"}
    given = [node for node in program.graph.nodes if node.op == "placeholder"]
    own = next((node for node in given if node.name in names or node.target in names), given[-1])
    value = own.meta["val"]
    size = value.shape[0]
    last = output[0] if isinstance(output, (list, tuple)) else output
    kind = str(value.dtype).split(".")[-1]
    return _ask(program.module(), kind, _graph_ending(last), size if isinstance(size, int) else None, request)


def _ask(module: Any, kind: str, ending: str, batch: int | None, request: Request) -> Any:
    def answer(rows: Any) -> Any:
        import torch

        with torch.no_grad():
            array = as_numbers(rows, None, "the PyTorch model", kind)
            score = lambda given: module(torch.from_numpy(given["rows"])).cpu().numpy()  # noqa: E731
            found = in_batches(score, {"rows": array}, len(rows), batch)
        return by_ending(found, ending, rows, request, "the PyTorch model")

    return PyTorch(answer, bool(ending))


def _script_ending(module: Any) -> str:
    """Name what ends a scripted module, past what only gives the answer another form."""
    graph = module.inlined_graph  # held: its nodes do not outlive it
    node = next(iter(graph.outputs())).node()
    while node.kind().split("::")[-1] in _PASSED:
        node = next(iter(node.inputs())).node()
    return _ENDINGS.get(node.kind().split("::")[-1], "")


def _module_ending(module: Any) -> str:
    """Name what ends a module: its last layer, or what its trace ends with; '' where it cannot be traced."""
    from torch import fx, nn

    if isinstance(module, nn.Sequential) and len(module):
        return _module_ending(module[-1])
    if type(module).__module__.startswith("torch.nn."):
        return _ENDINGS.get(type(module).__name__.lower(), "")
    try:
        graph = fx.symbolic_trace(module)
    except Exception:  # a module that branches by its data, and whatever else its own code raises under a trace
        return ""
    output = next(node for node in graph.graph.nodes if node.op == "output").args[0]
    while getattr(output, "op", "") == "call_method" and output.target in _PASSED:
        output = output.args[0]
    if getattr(output, "op", "") == "call_module":
        return _module_ending(graph.get_submodule(output.target))
    return _graph_ending(output)


def _graph_ending(node: Any) -> str:
    name = _name(node)
    while name in _PASSED:
        node = node.args[0]
        name = _name(node)
    return _ENDINGS.get(name, "")


def _name(node: Any) -> str:
    """Name what a node of a trace calls: aten's `aten.sigmoid.default`, or a function or a method."""
    target = getattr(node, "target", "")
    if isinstance(target, str):
        return target
    written = getattr(target, "_schema", None)
    return str(written.name).split("::")[-1] if written is not None else str(getattr(target, "__name__", ""))
