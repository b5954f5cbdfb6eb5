"""An import inside a function has its reason: nobody should wait for it where nothing changed, or it brings much.

Border files (the command line, the plugin, pipeline and questions) import late what a command needs. All else does so
only where the importer is on the way of a run in which nothing changed and the imported module is not, or where a
package comes with it that is heavy or an extra, and that the importer has not brought already.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(file.relative_to(base).with_suffix("").parts).removesuffix(".__init__"): file
    for base in (ROOT, ROOT / "pytest_plugin")
    for package in ("ml_ci", "pytest_ml_ci")
    for file in sorted((base / package).rglob("*.py"))
    if "demo/files" not in file.as_posix()
}
BORDER = ("ml_ci.cli.", "ml_ci.child.", "pytest_ml_ci.", "ml_ci.pipeline", "ml_ci.questions")
# What costs tens of milliseconds, is an extra, or is not on every system.
HEAVY = {
    "numpy",
    "scipy",
    "duckdb",
    "pydantic",
    "yaml",
    "requests",
    "rich",
    "tabulate",
    "click",
    "psutil",
    "filelock",
    "ray",
}
HEAVY |= {
    "git",
    "mlflow",
    "fsspec",
    "pandas",
    "polars",
    "psycopg",
    "pyarrow",
    "sklearn",
    "sqlite3",
    "fcntl",
    "ctypes",
    "vl_convert",
}
# What both `run` and `plan` load where nothing changed.
NOTHING_CHANGED = "import sys, ml_ci.pipeline, ml_ci.cli.main, ml_ci.steps.telling.explain_plan; print(*sys.modules)"


class Import(NamedTuple):
    """One import of a module, in a line of `importer`; `late` where it stands in a function."""

    importer: str
    line: int
    imported: str
    late: bool


def _imports() -> Iterator[Import]:
    for name, file in FILES.items():
        yield from _of_body(name, ast.parse(file.read_text(encoding="utf-8")).body, late=False)


def _of_body(name: str, body: list[ast.stmt], *, late: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (Import(name, node.lineno, target, late) for target in _targets(node))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        inside = late or isinstance(node, ast.FunctionDef)
        for part in ("body", "orelse", "finalbody", "handlers"):
            yield from _of_body(name, getattr(node, part, []), late=inside)


def _targets(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    inner = {f"{node.module}.{alias.name}" for alias in node.names}
    return {target if target in FILES else str(node.module) for target in inner}


def _brings(name: str, early: dict[str, set[str]], known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Give the heavy packages that importing a module imports."""
    first = name.partition(".")[0]
    if first in HEAVY or name not in FILES:
        return frozenset({first}) & HEAVY
    if name not in known:
        known[name] = frozenset()  # against circles
        known[name] = frozenset().union(*(_brings(one, early, known) for one in early.get(name, ())))
    return known[name]


def test_an_import_inside_a_function_has_its_reason() -> None:
    imports = list(_imports())
    early: dict[str, set[str]] = {}
    for one in imports:
        if not one.late:
            early.setdefault(one.importer, set()).add(one.imported)
    command = (sys.executable, "-c", NOTHING_CHANGED)
    always = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "ml_ci.steps.planning.sides" in always
    known: dict[str, frozenset[str]] = {}
    late = [one for one in imports if one.late and not one.importer.startswith(BORDER)]
    assert len(late) > 50
    without = [
        f"{one.importer}:{one.line} imports {one.imported}"
        for one in late
        if not _brings(one.imported, early, known) - _brings(one.importer, early, known)
        and not (one.importer in always and one.imported not in always)
    ]
    assert without == []
