"""What a training function is given, by the names and annotations of its parameters."""

from __future__ import annotations

from .engines.load import load_file
from .entries import nearest
from .failures import JobFailed
from .tables import read_input, read_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def arguments_for(function: Any, request: Request) -> dict[str, Any]:
    """Give the keyword arguments that the function's parameters ask for by name; JobFailed for a name nobody knows."""
    import inspect
    import pathlib

    known = {"params": dict(request["params"]), "seed": request["seed"], "out": pathlib.Path(request["out"])}
    given = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        name = parameter.name
        if name in request["data"]:
            given[name] = read_input(name, request["data"][name], annotation_of(function, parameter))
        elif name == "holdout":
            raise JobFailed(
                "asks-holdout",
                "`%s` asks for `holdout`: a training job never sees it" % request["entry"],
                "Take what it needs from another entry of `data:`.",
            )
        elif name in request["needs"]:
            given[name] = _find_needed(request["needs"][name], annotation_of(function, parameter), request)
        elif name in known:
            given[name] = known[name]
        elif parameter.default is parameter.empty:
            raise _unknown_parameter(name, request, known)
        if name in given and parameter.kind is parameter.POSITIONAL_ONLY:
            raise JobFailed(
                "unknown-parameter",
                "`%s`: parameter `%s` is positional only" % (request["entry"], name),
                "Remove the `/`.",
            )
    return given


def _unknown_parameter(name: str, request: Request, known: Any) -> JobFailed:
    names = sorted(request["data"]) + sorted(request["needs"]) + sorted(known)
    near = nearest(name, names)
    hint = ("Did you mean `%s`? " % near if near else "") + "It may ask for: %s." % ", ".join(names)
    return JobFailed(
        "unknown-parameter", "`%s` asks for `%s`, which nothing is called" % (request["entry"], name), hint
    )


def _find_needed(path: str, annotation: str, request: Request) -> Any:
    return read_path(path, annotation) if annotation in ("path", "text") else load_file(path, request)


def annotation_of(function: Any, parameter: Any) -> str:
    """Say what a parameter is to be given: `pandas`, `polars`, `lazy`, `path`, `text`, its annotation, or ''."""
    written = parameter.annotation
    if written is parameter.empty:
        return ""
    if isinstance(written, str):
        written = _evaluate(function, parameter.name, written)
    text = written if isinstance(written, str) else _spell(written)
    return _meaning(text.strip("'\" "))


def _evaluate(function: Any, name: str, written: Any) -> Any:
    """Evaluate an annotation that is text, as its own module would; the text itself when that fails."""
    import typing

    try:
        return typing.get_type_hints(function).get(name, written)
    except (
        Exception
    ):  # the user's text may raise anything, most often NameError for a name that only type checkers have
        return written


def _spell(annotation: str) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__origin__"):
        return "%s.%s" % (annotation.__module__, annotation.__qualname__)
    return str(annotation)


def _meaning(text: str) -> str:
    import re

    if "LazyFrame" in text:
        return "lazy"
    if re.search(r"\bpolars\b|\bpl\.", text):
        return "polars"
    if "DataFrame" in text:
        return "pandas"
    if re.search(r"\b(Path|PosixPath|PathLike|PurePath)\b", text):
        return "path"
    if text in ("str", "builtins.str"):
        return "text"
    if text in ("Any", "typing.Any", "object", "builtins.object"):
        return ""
    return text
