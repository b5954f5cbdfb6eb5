"""What the code of a job begins with: imports of libraries that several jobs can have done once, before they start.

Only what stands before anything else in a file is such a lead: code above an import may change what it does (a variable
of the environment, a path, another library that patches this one).
"""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ml_ci import syntax
from ml_ci.training.packaging import projects
from ml_ci.training.stems import Lead
from ml_ci.training.values import Checkout, PredictRequest, Request, TrainRequest

# Libraries that are known to work in a process that branched off after their import.
LIBRARIES = frozenset({"numpy", "scipy", "pandas", "sklearn", "joblib"})

_SCRIPT = re.compile(r"(?:^|\s)([\w./-]+\.py)(?=\s|$)")
_MODULE = re.compile(r"(?:^|\s)-m\s+([A-Za-z_][\w.]*)")


def find_lead(request: Request, argv: tuple[str, ...], environment: Mapping[str, str]) -> Lead | None:
    """Say what a job of ml-ci's own program may find imported; None where nothing is known to come first.

    A job that scores with what a training left begins as that training did, where no function of its own scores.
    """
    code = _name_code(request)
    if not code:
        return None
    at = request.checkout or Checkout((request.folder,), request.folder)
    folders = (request.folder / request.cwd, request.folder)
    statements = _read_lead(code, folders, at)
    if not statements:
        return None
    startup = request.work / "startup"
    own = _list_own(folders, at)
    rows, limit = _tell_rows(request), request.budget.seconds
    return Lead(request.interpreter.path, statements, own, startup, argv, environment, rows, limit)


def _tell_rows(request: Request) -> str:
    """Say what a model without a function of its own scores; "" where it may not be read before.

    It is read outside of the limit of the job's memory. One file is known again, what lies in many is not looked at.
    """
    if not isinstance(request, PredictRequest) or request.entry or request.budget.memory is not None:
        return ""
    rows = request.rows
    file = Path(rows.path if rows.whole is None else rows.whole.path)
    if not file.is_file():
        return ""
    found = file.stat()
    state = (found.st_ino, found.st_size, found.st_mtime_ns)
    return json.dumps({"rows": dataclasses.asdict(rows), "entry": None, "state": state}, sort_keys=True)


def _name_code(request: Request) -> str:
    if isinstance(request, PredictRequest):
        return request.entry or request.begins
    if isinstance(request, TrainRequest):
        return str(getattr(request.job, "entry", None) or "")
    return ""


def _list_own(folders: tuple[Path, ...], at: Checkout) -> frozenset[str]:
    """Give the names that are found in the repository before any library is looked for."""
    names = {name for one in projects(_real(at.copy)) for name in one.names}
    for folder in folders:
        with suppress(OSError):
            names |= {entry.partition(".")[0] for entry in os.listdir(folder)}  # noqa: PTH208
    return frozenset(names)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _read_lead(code: str, folders: tuple[Path, ...], at: Checkout) -> tuple[str, ...]:
    """Give the import statements that `module:function`, or the script of a command, begins with; () for none known.

    `folders` are those where a job looks for modules first, in order.
    """
    script, module = _SCRIPT.search(code), _MODULE.search(code)
    if script is not None:
        files = [file for file in (folders[0] / script[1],) if file.is_file()]
    else:
        files = _find_files((module[1] if module else code).partition(":")[0], folders, at)
    statements: list[str] = []
    for file in files:
        found, whole = _read(file, file.stat().st_mtime_ns)
        statements += found
        if not whole:
            break
    return tuple(dict.fromkeys(statements))


def _find_files(module: str, folders: tuple[Path, ...], at: Checkout) -> list[Path]:
    """Give the files that run at the import of a module, in order; none where it is not found."""
    name = module.partition(".")[0]
    if not name or name in sys.stdlib_module_names:
        return []
    own = (root for one in projects(_real(at.copy)) for root in one.names.get(name, ()))
    for folder in (*folders, *own):
        parts, files = module.split("."), []
        for count in range(1, len(parts) + 1):
            place = folder.joinpath(*parts[:count])
            if (place / "__init__.py").is_file():
                files.append(place / "__init__.py")
            elif count == len(parts) and place.with_suffix(".py").is_file():
                return [*files, place.with_suffix(".py")]
            elif not place.is_dir():
                break
        else:
            return files
    return []


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> tuple[list[str], bool]:
    """Give the leading imports of libraries, and whether nothing else stands in the file."""
    try:
        tree = syntax.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return [], False
    statements: list[str] = []
    for node in tree.body:
        known = _take(node)
        if known is None:
            return statements, False
        statements += known
    return statements, True


def _take(node: ast.stmt) -> list[str] | None:
    """Give the imports of libraries that a statement does, and nothing beside; None for any other statement."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        return _sort([(name, f"import {name}") for name in names])
    if isinstance(node, ast.ImportFrom):
        return None if node.level or node.module is None else _sort([(node.module, ast.unparse(node))])
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return []  # the text that a file begins with
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return None if node.orelse else []
    return None


def _sort(imported: list[tuple[str, str]]) -> list[str] | None:
    """Leave out the standard library; None where something else than a known library is imported."""
    found = list(_keep(imported))
    return None if None in found else [one for one in found if one]


def _keep(imported: list[tuple[str, str]]) -> Iterator[str | None]:
    for module, statement in imported:
        top = module.partition(".")[0]
        if top in LIBRARIES:
            yield statement
        else:
            yield "" if top in sys.stdlib_module_names else None
