"""Whether what fails first is there: functions that ml-ci.yaml names, libraries that the code imports."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from ml_ci.changes.entry import find_entry, list_imports, list_names
from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.values import ModelSpec, Node
from ml_ci.steps.examination.values import Finding
from ml_ci.steps.judging.scorable import check_scorable
from ml_ci.steps.opening.project import select_entries, select_models
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Made, Project
from ml_ci.training.asking import ask
from ml_ci.training.interpreter import find
from ml_ci.training.missing import advise
from ml_ci.training.values import Interpreter
from ml_ci.variables.given import give

_ASK = "Is the file there, and is its folder the project's or what `cwd:` names?"


def check_entries(at: Project) -> Iterator[Finding]:
    """Check that each function that ml-ci.yaml names is one that its module has."""
    for model in select_entries(at):
        found = {key: _look(at, model, key, entry) for key, entry in _list_entries(model).items()}
        wrong = [one for one in found.values() if one is not None]
        yield from wrong
        if found and not wrong:
            yield Finding(f"{model.name}: functions", True, ", ".join(_list_entries(model).values()))


def _list_entries(model: Node) -> dict[str, str]:
    if not isinstance(model, ModelSpec):
        return {"function": model.job.entry} if model.job.entry else {}
    named = {"train": model.job.entry, "predict": model.predict, "load.factory": model.load.factory}
    metrics = {f"metrics.{name}": entry for name, entry in model.metrics.items()}
    return {key: entry for key, entry in {**named, **metrics}.items() if entry}


def _look(at: Project, model: Node, key: str, entry: str) -> Finding | None:
    about = f"{model.name}: functions"
    module, _, attribute = entry.partition(":")
    files = at.tree.files()
    path = find_entry(model, entry, files)
    if path is None:
        if _find_modules(at, model, [module]).get(module, "") is not None:
            return None
        hint = _suggest_module(key, entry, files, model) or advise(module, at.repository.top) or _ASK
        return Finding(about, False, f"`{key}: {entry}`: there is no module `{module}`", hint)
    names = list_names((at.folder / path).read_text("utf-8", "replace"))
    if names is None or attribute.partition(".")[0] in names:
        return None
    near = get_close_matches(attribute, sorted(names), 1)
    hint = f"Did you mean `{key}: {module}:{near[0]}`?" if near else f"It has {', '.join(sorted(names)[:8]) or 'none'}."
    return Finding(about, False, f"`{key}: {entry}`: {path} has no function `{attribute}`", hint)


def _suggest_module(key: str, entry: str, files: Iterable[str], model: Node) -> str | None:
    module, _, attribute = entry.partition(":")
    folder = PurePosixPath(model.cwd)
    known = [path for path in map(PurePosixPath, files) if path.suffix == ".py"]
    names = {".".join(path.relative_to(folder).with_suffix("").parts) for path in known if path.is_relative_to(folder)}
    near = get_close_matches(module, sorted(names), 1)
    return f"Did you mean `{key}: {near[0]}:{attribute}`?" if near else None


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
    told = {entry.partition(":")[0].partition(".")[0] for entry in _list_entries(model).values()}  # by check_entries
    imported = {name: where for name, where in _list_imported(at.folder, side).items() if name not in told}
    found = _find_modules(at, model, imported)
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
    about, python = f"{model.name}: libraries", _interpreter(at, model)
    said = f"{python.path if python else 'the job'} has no `{name}`"
    if where is None:
        return Finding(about, True, f"{said}, which is imported only on a condition")
    hint = advise(name, at.repository.top) or "Install it there, or name the job's own interpreter: `python: PATH`."
    return Finding(about, False, f"{said} ({where})", hint)


def _find_modules(at: Project, model: Node, names: Iterable[str]) -> Mapping[str, str | None]:
    """Ask the job's Python where it finds modules; nothing where it gives no answer."""
    python, folder, asked = _interpreter(at, model), at.folder / model.cwd, sorted(names)
    if python is None or not asked or not folder.is_dir():
        return {}
    given = give(at.options.environment, list_variables(at, model))
    return ask(python, at.repository.top, folder, given, asked).modules


def _interpreter(at: Project, model: Node) -> Interpreter | None:
    try:
        return find(model.python, at.folder, at.options.environment.get("PATH"))
    except StageFailed:
        return None  # another check tells of it
