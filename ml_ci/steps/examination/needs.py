"""Whether what fails first is there: functions that ml-ci.yaml names, libraries that the code imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ml_ci.changes.entry import list_imports
from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.values import Node
from ml_ci.steps.examination.values import Finding
from ml_ci.steps.judging.entries import find_gone_entries, find_interpreter, find_modules, list_entries
from ml_ci.steps.judging.programs import find_gone_programs
from ml_ci.steps.judging.scorable import check_scorable
from ml_ci.steps.opening.project import select_entries, select_models
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Made, Project
from ml_ci.training.missing import advise


def check_entries(at: Project) -> Iterator[Finding]:
    """Check that each function that ml-ci.yaml names is one that its module has."""
    for model in select_entries(at):
        about, named = f"{model.name}: functions", list_entries(model)
        gone = [Finding(about, False, one.message, one.hint) for one in find_gone_entries(at, model)]
        yield from gone
        if named and not gone:
            yield Finding(about, True, ", ".join(named.values()))


def check_commands(at: Project) -> Iterator[Finding]:
    """Check that the program and the script that each command begins with are there."""
    for model in select_entries(at):
        for one in find_gone_programs(at, model):
            yield Finding(f"{model.name}: command", False, one.message, one.hint)


def check_libraries(at: Project) -> Iterator[Finding]:
    """Check that the job's Python has each library that the code of a model, or of a job, imports."""
    fingerprints = Fingerprints(at)
    for node in select_entries(at):
        try:
            side = fingerprints.entry(node.name)
        except (UserError, StageFailed):
            continue  # another check tells of it
        yield from _libraries(at, side)


def check_model_files(at: Project) -> Iterator[Finding]:
    """Check that the job's Python has the library that a model's file is scored with, where its name says which."""
    for model in (at.spec.models[name] for name in select_models(at)):
        try:
            check_scorable(at, model)
        except UserError as error:
            yield Finding(f"{model.name}: libraries", False, error.message, error.hint, mistake=True)
        except StageFailed:
            continue  # another check tells of it


def _libraries(at: Project, side: Made) -> Iterator[Finding]:
    model, about = side.model, f"{side.model.name}: libraries"
    told = {entry.partition(":")[0].partition(".")[0] for entry in list_entries(model).values()}  # by check_entries
    imported = {name: where for name, where in _list_imported(at.folder, side).items() if name not in told}
    found = find_modules(at, model, imported)
    gone = [name for name in imported if found.get(name, "") is None]
    yield from (_tell_missing(at, model, name, imported[name]) for name in gone)
    libraries = [name for name in found if name not in (*sys.stdlib_module_names, *gone)]
    if libraries and not any(imported[name] for name in gone):
        yield Finding(about, True, f"the job's Python finds {', '.join(libraries)}")


def _list_imported(folder: Path, side: Made) -> dict[str, str | None]:
    """Give what the code of a model imports, each with the place that cannot do without it, `train.py, line 3`."""
    details = side.fingerprint.details
    scoring = details.get("metrics", {}).get("code")
    files = dict.fromkeys([*details.get("code", {}), *(scoring if isinstance(scoring, dict) else ())])
    found: dict[str, str | None] = {}
    for path in files:
        text = (folder / path).read_text("utf-8", "replace") if path.endswith(".py") else ""
        for name, line in list_imports(text).items():
            found[name] = found.get(name) or (f"{path}, line {line}" if line else None)
    return found


def _tell_missing(at: Project, model: Node, name: str, where: str | None) -> Finding:
    about, python = f"{model.name}: libraries", find_interpreter(at, model)
    said = f"{python.path if python else 'the job'} has no `{name}`"
    if where is None:
        return Finding(about, True, f"{said}, which is imported only on a condition")
    hint = advise(name, at.repository.top) or "Install it there, or name the job's own interpreter: `python: PATH`."
    return Finding(about, False, f"{said} ({where})", hint)
