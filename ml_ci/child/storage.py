"""Models, stored and loaded."""

from __future__ import annotations

import os
import sys

from .failures import JobFailed, one_line, print_traceback
from .left import CODE, HINT, strange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def store(model: Any, request: Request) -> str:
    """Store a returned object beside the request: a path is copied, anything else is pickled."""
    import pathlib

    if isinstance(model, pathlib.PurePath):
        return _store_path(model, request)
    target = os.path.join(request["work"], "model.pkl")
    first: BaseException | None = None
    for name in ("pickle", "cloudpickle", "joblib"):
        try:
            library = _library(name)
            if library is None:
                continue
            _dump(library, model, target + ".part")
        except BaseException as error:  # the object's own code runs, sys.exit included; told below
            first = first or error
        else:
            os.replace(target + ".part", target)
            return target
    assert first is not None
    raise JobFailed(
        "unpicklable",
        "what `%s` returned (%s) cannot be stored: %s" % (request["entry"], type(model).__name__, one_line(first)),
        "Return an object that pickle can store: no open files, locks, connections or functions defined inside "
        "functions; or save it yourself below `out` and return its pathlib.Path.",
    )


def _library(name: str) -> Any:
    """Import what may not be installed; None where it is not."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _dump(library: Any, model: Any, path: str) -> None:
    if library.__name__ == "joblib":
        library.dump(model, path)
        return
    with open(path, "wb") as stream:
        library.dump(model, stream, protocol=4)


def _store_path(path: Any, request: Request) -> str:
    import shutil

    source = os.path.join(os.getcwd(), str(path))
    if not os.path.lexists(source):
        raise JobFailed("no-output", "`%s` returned the path %s, where nothing is" % (request["entry"], path))
    found = strange(source, str(path))
    if found:
        raise JobFailed(CODE, "`%s` returned a path: %s" % (request["entry"], found), HINT)
    target = os.path.join(request["work"], "model" + os.path.splitext(source)[1])
    (shutil.copytree if os.path.isdir(source) else shutil.copyfile)(source, target)
    return target


def load_artifact(path: str) -> Any:
    """Load a stored object by pickle, or by joblib where that is what wrote it; JobFailed `model-load`."""
    import pickle

    try:
        with open(path, "rb") as stream:
            return pickle.load(stream)
    except BaseException as error:  # the object's own code runs, sys.exit included; told below
        first = error
    try:
        joblib = _library("joblib")
        if joblib is not None:
            return joblib.load(path)
    except BaseException as error:  # as above; what pickle misses is nearer to the cause than what joblib says after it
        first = first if isinstance(first, (ImportError, AttributeError)) else error
    print("could not load %s: %s" % (path, one_line(first)), file=sys.stderr)
    raise JobFailed(
        "model-load", "the model %s does not load: %s" % (os.path.basename(path), one_line(first)), load_hint(first)
    )


def load_registered(path: str) -> Any:
    """Load a model that MLflow stored, of any flavour; what it wraps scores by itself where it has probabilities."""
    try:
        import mlflow.pyfunc
    except ImportError as error:
        raise JobFailed(
            "model-load",
            "a model that MLflow stored needs MLflow in the job's interpreter: %s" % one_line(error),
            "Install it there: pip install mlflow",
        )
    try:
        model = mlflow.pyfunc.load_model(path)
    except BaseException as error:
        print_traceback()
        raise JobFailed("model-load", "the registered model does not load: %s" % one_line(error), load_hint(error))
    try:
        inner: Any = model.get_raw_model()
    except Exception:  # not every flavour has one, and each says so in its own way; then pyfunc scores
        return Registered(model)
    answers = hasattr(inner, "predict_proba") or hasattr(inner, "decision_function")
    return inner if answers else Registered(model, inner)


class Registered:
    """Score by a pyfunc model, whose answer may be a table of the classes' probabilities."""

    from_registry = True

    def __init__(self, model: Any, inner: Any = None) -> None:
        self.model = model
        self.inner = inner

    def predict(self, rows: Any) -> Any:
        """Give what the model gives."""
        return self.model.predict(rows)


def load_hint(error: BaseException) -> str:
    """Say what to do where a stored object does not load."""
    if "__main__" in str(error):
        return (
            "It holds a class or function of the script that trained it: move that into a module that the script "
            "imports, or name `predict: module:function` with its first parameter annotated pathlib.Path."
        )
    if isinstance(error, ImportError):
        return "Install it in the job's interpreter, or put it where `cwd:` finds it."
    return "Is it a whole file, written by pickle or joblib of the same versions?"
