"""Models of Keras, by whichever backend is there."""

from __future__ import annotations

import os
import sys

from .columns import as_numbers, by_names
from .native import Native, by_ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..exchange import Request

_BACKENDS = ("tensorflow", "torch", "jax")  # the first is what Keras takes where nobody chooses
_WHAT = "the Keras model"


class Keras(Native):
    """A model of Keras, for messages."""


class _AtImport:
    """Choose the backend at the moment in which something imports Keras: before it, nobody needs what that reads."""

    done = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == "keras" and not self.done:
            self.done = True  # and not removed: whoever walks along the finders would miss the next one
            choose_backend()


def choose_when_imported() -> None:
    """Have whatever imports Keras from now on find a backend that is installed; nothing is read before."""
    if "keras" not in sys.modules and not any(isinstance(one, _AtImport) for one in sys.meta_path):
        sys.meta_path.insert(0, _AtImport())


def choose_backend() -> None:
    """Have Keras take a backend that is installed, unless somebody chose one, in the environment or in Keras' file.

    Keras writes that file itself at its first import, whatever is installed.
    """
    import importlib.util

    names = [name for name in (_said_in_file(), *_BACKENDS) if name]
    found = [name for name in names if importlib.util.find_spec(name) is not None]
    if found and "KERAS_BACKEND" not in os.environ and importlib.util.find_spec("keras") is not None:
        os.environ["KERAS_BACKEND"] = found[0]


def _said_in_file() -> str:
    import json

    path = os.path.join(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"), "keras.json")
    try:
        with open(path, encoding="utf-8") as stream:
            said = json.load(stream).get("backend")
    except (OSError, ValueError, AttributeError):
        return ""
    return said if said in _BACKENDS else ""


def load_keras(path: str, request: Request) -> Any:
    choose_backend()
    import keras

    return keras.models.load_model(path, compile=False)


def from_keras(model: Any, request: Request) -> Any:
    """Ask a model for an array of all columns, or by the names of its inputs where it has several."""
    ending = _ending(model)

    def answer(rows: Any) -> Any:
        found = model.predict(_inputs(model, rows), verbose=0)
        return by_ending(found, ending, rows, request, _WHAT)

    return Keras(answer, bool(ending))


def _inputs(model: Any, rows: Any) -> Any:
    inputs = list(model.inputs or ())
    if len(inputs) < 2:
        shape = tuple(inputs[0].shape) if inputs else ()
        width = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
        return as_numbers(rows, width, _WHAT, "float32")
    names = [one.name.split(":")[0] for one in inputs]
    chosen = by_names(rows, names, _WHAT)
    given = {}
    for name, own, one in zip(names, chosen.columns, inputs):
        kind = str(one.dtype)
        column = chosen[[own]]
        given[name] = column.to_numpy().astype(str) if kind == "string" else as_numbers(column, 1, _WHAT, kind)
    return given


def _ending(model: Any) -> str:
    """Name the activation of the layer that the answer comes from."""
    last = model.layers[-1] if model.layers else None
    try:
        output = model.outputs[0] if len(model.outputs) == 1 else None
        last = output._keras_history.operation if output is not None else last
    except AttributeError:  # of a model that is a class of its own, only its layers are known
        pass
    if type(last).__name__ == "Softmax":
        return "softmax"
    name = str(getattr(getattr(last, "activation", None), "__name__", ""))
    return name if name in ("sigmoid", "softmax", "log_softmax") else ""
