"""Run one job in a process of its own: `PYTHON __main__.py REQUEST.json`, or `--work REQUEST.json` for its worker.

With `--between REQUEST.json` one more process stands between it and whoever starts it; `--stem REQUEST.json` imports
libraries from which jobs branch off.
"""

from __future__ import annotations

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_NAME = "ml_ci_child"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _leave_the_path() -> None:
    """Take this folder from where scripts are looked for: no module of it may hide one that the user's code imports."""
    own = (_FOLDER, os.path.dirname(os.path.realpath(__file__)))  # Python itself follows a link to the script
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") not in own]


def _package() -> None:
    """Make this folder a package by a name that nobody else has, found through that package alone."""
    import importlib.util

    at = os.path.join(_FOLDER, "__init__.py")
    spec = importlib.util.spec_from_file_location(_NAME, at, submodule_search_locations=[_FOLDER])
    assert spec is not None
    sys.modules[_NAME] = importlib.util.module_from_spec(spec)


def _module(name: str) -> Any:
    import importlib

    return importlib.import_module("%s.%s" % (_NAME, name))


def main(arguments: list[str]) -> int:
    """Be the supervisor of a request, with `--work` its worker, `--between`, or a `--stem`; give the exit code."""
    _leave_the_path()
    _package()
    if arguments[:1] == ["--work"]:
        _module("worker").work(arguments[1])
        return 1
    if arguments[:1] == ["--stem"]:
        return int(_module("stem").serve(arguments[1]))
    if arguments[:1] == ["--between"]:
        return int(_module("supervisor").stand_between(os.path.abspath(__file__), arguments[1]))
    return int(_module("supervisor").supervise(arguments[0]))


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)
