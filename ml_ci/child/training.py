"""Train a model by a function, or have a function make files."""

from __future__ import annotations

from .arguments import arguments_for
from .calls import call
from .devices import note_devices
from .engines.save import save_native
from .entries import load_entry
from .failures import JobFailed
from .storage import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .exchange import Request


def train(request: Request) -> Request:
    """Call the training function and store what it returns; give the artifact's path."""
    function = load_entry(request, request["entry"], "train")
    given = arguments_for(function, request)
    model = call(function, (), given, request, request["entry"], "job-raised")
    if model is None:
        raise JobFailed(
            "returned-none",
            "`%s` returned None instead of a fitted model" % request["entry"],
            "End it with `return model`.",
        )
    note_devices()
    return {"artifact": save_native(model, request["work"]) or store(model, request)}


def make(request: Request) -> Request:
    """Call a function that leaves files; what it returns counts for nothing."""
    function = load_entry(request, request["entry"], "function")
    call(function, (), arguments_for(function, request), request, request["entry"], "job-raised")
    note_devices()
    return {}
