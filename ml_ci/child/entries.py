"""The user's functions, found by `module:function`."""

from __future__ import annotations

import os
import sys

from .calls import NOW
from .failures import JobFailed, one_line, print_traceback, user_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def load_entry(request: Request, entry: str, key: str) -> Any:
    """Import `module:function`; JobFailed `import` says what was looked for, where, and what is near."""
    import importlib

    name, _, attribute = entry.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise _module_missing(request, name, entry, key)
        print_traceback()
        raise _import_missing(request, name, error)
    except SystemExit as error:
        raise JobFailed(
            "import",
            "importing `%s` ended the process (%s)" % (name, one_line(error)),
            'Keep a script\'s own run behind `if __name__ == "__main__":`.',
        )
    except BaseException as error:  # the user's code runs at its import
        print_traceback()
        where = user_frame(error, request["folder"])
        raise JobFailed(NOW["raised"], "importing `%s` raised %s%s" % (name, one_line(error), where))
    return _attribute(module, attribute, entry, key)


def _attribute(module: Any, attribute: str, entry: str, key: str) -> Any:
    found = module
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if callable(found):
        return found
    where = getattr(module, "__file__", None) or module.__name__
    names = sorted(
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and hasattr(value, "__code__")
    )
    near = nearest(attribute, names)
    hint = (
        "Did you mean `%s:%s`?" % (module.__name__, near)
        if near
        else "It defines: %s." % (", ".join(names[:8]) or "no function")
    )
    if found is not None:
        raise JobFailed(
            "import", "`%s: %s`: `%s` in %s is not a function" % (key, entry, attribute, os.path.basename(where)), hint
        )
    raise JobFailed(
        "import", "`%s: %s`: %s has no function `%s`" % (key, entry, os.path.basename(where), attribute), hint
    )


def nearest(word: str, names: list[str]) -> str:
    import difflib

    return (difflib.get_close_matches(word, names, 1) or [""])[0]


def _module_missing(request: Request, name: str, entry: str, key: str) -> JobFailed:
    looked = "%s.py" % name.replace(".", "/")
    inside = os.path.relpath(request["cwd"], request["folder"])
    at = looked if inside == "." else "%s/%s" % (inside, looked)
    message = "`%s: %s`: there is no module `%s` (looked for %s)" % (key, entry, name, at)
    nearby = _module_folder(request["folder"], looked)
    if nearby is not None:
        return JobFailed("import", message, "It is in `%s`: set `cwd: %s`." % (nearby, nearby))
    near = nearest(name, _modules(request["cwd"]))
    if near:
        return JobFailed("import", message, "Did you mean `%s: %s:%s`?" % (key, near, entry.partition(":")[2]))
    return JobFailed("import", message, "Is the file there, and is its folder the project's or what `cwd:` names?")


def _modules(folder: str) -> list[str]:
    """Name the modules that can be imported from a folder, three levels deep."""
    names: list[str] = []
    for top, folders, files in os.walk(folder):
        inside = [] if top == folder else os.path.relpath(top, folder).split(os.sep)
        folders[:] = [one for one in folders if one.isidentifier() and len(inside) < 3]
        names += [".".join((*inside, one[:-3])) for one in sorted(files) if one.endswith(".py")]
    return names


def _module_folder(folder: str, looked: str) -> str | None:
    for top, folders, _ in os.walk(folder):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        inside = os.path.relpath(top, folder)
        if inside.count(os.sep) >= 4:
            folders[:] = []
        if inside != "." and os.path.exists(os.path.join(top, looked)):
            return inside.replace(os.sep, "/")
    return None


def _import_missing(request: Request, name: str, error: ImportError) -> JobFailed:
    where = user_frame(error, request["folder"])
    wanted = error.name or "?"
    message = "importing `%s` needs `%s`, which %s does not have%s" % (name, wanted, sys.executable, where)
    for ending in (".py", "/__init__.py"):
        nearby = _module_folder(request["folder"], wanted.replace(".", "/") + ending)
        if nearby is not None:
            hint = "`%s` is in `%s/` of this repository, which is not on the job's path: set `cwd: %s`, or let a "
            return JobFailed("import", message, (hint + "pyproject.toml install it.") % (wanted, nearby, nearby))
    return JobFailed("import", message, "Install it there, or name the job's own interpreter: `python: PATH`.")
