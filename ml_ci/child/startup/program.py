"""Run a program as Python itself runs it, in the module `__main__` that there is."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def run(kind: str, value: str, arguments: list[str]) -> None:
    """Run `-c CODE`, `-m MODULE`, a file (a folder, a zip file) or, for `-` and ``, what standard input holds."""
    safe = bool(sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    if not safe:
        del sys.path[0]  # this folder, where the program's own stands
    names = _empty()
    sys.excepthook = _without_ours
    sys.argv = [kind if kind in ("-c", "-m") else value, *arguments]
    if kind == "-m":
        _run_module(value, [] if safe else [os.getcwd()])
    elif kind == "file":
        _run_file(value, names, safe)
    else:
        if not safe:
            sys.path.insert(0, "")
        shown = "<string>" if kind == "-c" else "<stdin>"
        if kind != "-c":
            names.update(__file__=shown, __cached__=None)
        exec(compile(value if kind == "-c" else sys.stdin.read(), shown, "exec"), names)


def _empty() -> dict[str, Any]:
    """Give the names of `__main__`, as they are when a program begins."""
    import builtins
    from importlib.machinery import BuiltinImporter

    names = vars(sys.modules["__main__"])
    names.clear()
    names.update(__name__="__main__", __doc__=None, __package__=None, __loader__=BuiltinImporter, __spec__=None)
    names.update(__annotations__={}, __builtins__=builtins)
    return names


def _run_module(name: str, before: list[str]) -> None:
    import runpy

    sys.path[:0] = before
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # what `python -m` itself calls


def _run_file(path: str, names: dict[str, Any], safe: bool) -> None:
    import runpy
    from importlib.machinery import SourceFileLoader
    from pkgutil import get_importer

    at = os.path.abspath(path) if sys.version_info >= (3, 9) else path
    if get_importer(path) is not None:  # a folder or a zip file that has a __main__
        sys.path.insert(0, at)
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return
    if not safe:
        sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    names.update(__file__=at, __cached__=None, __loader__=SourceFileLoader("__main__", at))
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        words = (sys.executable, at, error.errno, error.strerror)
        sys.stderr.write("%s: can't open file '%s': [Errno %s] %s\n" % words)
        sys.exit(2)
    exec(compile(content, at, "exec"), names)


def _without_ours(kind: Any, error: BaseException, trace: TracebackType | None) -> None:
    while trace is not None and os.path.dirname(os.path.abspath(trace.tb_frame.f_code.co_filename)) == _HERE:
        trace = trace.tb_next
    sys.__excepthook__(kind, error.with_traceback(trace), trace)
