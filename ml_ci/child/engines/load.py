"""Load a model file of any library, and have a model of any library answer as scikit-learn's do."""

from __future__ import annotations

import importlib
import os
import sys

from ..calls import leave_if_forked
from ..failures import JobFailed, one_line, print_traceback
from ..storage import Registered, load_artifact, load_hint, load_registered
from . import boosters, formats, graphs, kerases, skop, torches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ..exchange import Request

    Loader = Callable[[str, Request], Any]
    Reader = Callable[[Any, Request], Any]

_LOADERS: dict[str, Loader] = {
    "xgboost": boosters.load_xgboost,
    "lightgbm": boosters.load_lightgbm,
    "catboost": boosters.load_catboost,
    "onnx": graphs.load_onnx,
    "skops": skop.load_skops,
    "keras": kerases.load_keras,
    "torch": torches.load_torch,
    "torchscript": torches.load_script,
    "exported": torches.load_exported,
    "safetensors": torches.load_safetensors,
}

# What a model is by the library and the class that it is or comes from, and what has it answer. The first that fits is
# taken; what `keeps` says answers by itself where it has predict_proba.
_READERS: tuple[tuple[str, str, Reader, bool], ...] = (
    ("xgboost", "Booster", boosters.from_xgboost, False),
    ("lightgbm", "Booster", boosters.from_lightgbm, False),
    ("catboost", "CatBoost", boosters.from_catboost, True),
    ("onnx", "ModelProto", graphs.from_proto, False),
    ("onnxruntime", "InferenceSession", graphs.from_session, False),
    ("keras", "Model", kerases.from_keras, True),
    ("torch", "ExportedProgram", torches.from_exported, False),
    ("torch", "Module", torches.from_module, True),
)


def load_file(path: str, request: Request) -> Any:
    """Load a model file by what it is; JobFailed `model-load` for what is none, and where a library is missing."""
    found = formats.recognise(path)
    shown = os.path.basename(path)
    if found is None:
        raise _unknown(path)
    kerases.choose_when_imported()  # whatever the file is, it may hold a model of Keras
    if found.loader == formats.PICKLE:
        return load_artifact(path)
    if found.loader == "mlflow":
        return load_registered(path)
    for name in found.modules:
        _need(name, found, shown)
    try:
        model = _LOADERS[found.loader](path, request)
    except JobFailed:
        raise
    except BaseException as error:  # the libraries' own, and what a file has them run, sys.exit included
        print_traceback()
        leave_if_forked()
        raise JobFailed(
            "model-load", "the model %s does not load by %s: %s" % (shown, found.name, one_line(error)), _hint(error)
        )
    return model


def _hint(error: BaseException) -> str:
    if isinstance(error, (ImportError, AttributeError)):
        return load_hint(error)
    return (
        "Is it a whole file, written by a version of the library that this one reads? Or score in a function of your "
        "own: `predict: module:function`."
    )


def _need(name: str, found: formats.Format, shown: str) -> None:
    """Import a library that a file needs."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        print_traceback()
        package = found.package if name == found.modules[0] else name
        raise JobFailed(
            "model-load",
            "%s is a model of %s, and %s cannot import %s (%s)"
            % (shown, found.name, sys.executable, name, one_line(error)),
            "Install it there: pip install %s. Or %s" % (package, formats.PREDICT[:1].lower() + formats.PREDICT[1:]),
        )


def _unknown(path: str) -> JobFailed:
    shown, foreign = os.path.basename(path), formats.FOREIGN.get(formats.ending(path))
    said = "a folder without MLmodel" if os.path.isdir(path) else "no model file that ml-ci knows"
    if foreign:
        said = "a file of %s, which no library of Python loads as it was saved" % foreign
    known = sorted({one.name for one in formats.FORMATS})
    return JobFailed(
        "model-load",
        "%s is %s, so ml-ci cannot score with it (it knows %s)" % (shown, said, ", ".join(known)),
        formats.PREDICT,
    )


def _read(reader: Reader, model: Any, request: Request) -> Any:
    try:
        return reader(model, request)
    except JobFailed:
        raise
    except Exception as error:  # the library's own: it finds nothing of what this version of it is asked for
        print_traceback()
        raise JobFailed(
            "model-load",
            "ml-ci cannot ask a %s.%s: %s" % (type(model).__module__, type(model).__name__, one_line(error)),
            formats.PREDICT,
        )


def as_scorer(model: Any, request: Request) -> Any:
    """Have a model of another library answer as scikit-learn's; any other is given as it is."""
    if isinstance(model, graphs.Graph):
        return _read(graphs.from_graph, model, request)
    inner = getattr(model, "inner", None) if isinstance(model, Registered) else None
    if inner is not None:
        answering = as_scorer(inner, request)
        return model if answering is inner else answering
    bases = {(one.__module__.split(".")[0], one.__name__) for one in type(model).__mro__}
    for library, name, reader, keeps in _READERS:
        if (library, name) in bases and not (keeps and callable(getattr(model, "predict_proba", None))):
            return _read(reader, model, request)
    return model
