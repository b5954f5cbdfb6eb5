"""Whether the functions that ml-ci.yaml names are there, as the text of their files shows; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath

from ml_ci.changes.entry import find_entry, list_names
from ml_ci.errors import StageFailed
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec, Node
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Project
from ml_ci.training.asking import ask
from ml_ci.training.interpreter import find
from ml_ci.training.missing import advise
from ml_ci.training.values import Interpreter
from ml_ci.variables.given import give

_ASK = "Is the file there, and is its folder the project's or what `cwd:` names?"


@dataclass(frozen=True)
class Gone:
    """Say what is named and not there, and what to do."""

    message: str
    hint: str


def list_entries(model: Node) -> dict[str, str]:
    """Give the functions that an entry of ml-ci.yaml names, `module:function`, by the key that names each."""
    if not isinstance(model, ModelSpec):
        return {"function": model.job.entry} if model.job.entry else {}
    named = {"train": model.job.entry, "predict": model.predict, "load.factory": model.load.factory}
    metrics = {f"metrics.{name}": entry for name, entry in model.metrics.items()}
    return {key: entry for key, entry in {**named, **metrics}.items() if entry}


def find_gone_entries(at: Project, model: Node) -> Iterator[Gone]:
    """Find the functions of an entry that its modules do not have; one that may be made as the file runs counts as
    there.
    """
    for key, entry in list_entries(model).items():
        found = _look(at, model, key, entry)
        if found is not None:
            yield found


def _look(at: Project, model: Node, key: str, entry: str) -> Gone | None:
    module, _, attribute = entry.partition(":")
    files = at.tree.files()
    path = find_entry(model, entry, files)
    if path is None:
        if find_modules(at, model, [module]).get(module, "") is not None:
            return None
        hint = _suggest_module(key, entry, files, model) or advise(module, at.repository.top) or _ASK
        return Gone(f"`{key}: {entry}`: there is no module `{module}`", hint)
    names = list_names((at.folder / path).read_text("utf-8", "replace"))
    if names is None or attribute.partition(".")[0] in names:
        return None
    near = get_close_matches(attribute, sorted(names), 1)
    hint = f"Did you mean `{key}: {module}:{near[0]}`?" if near else f"It has {', '.join(sorted(names)[:8]) or 'none'}."
    return Gone(f"`{key}: {entry}`: {path} has no function `{attribute}`", hint)


def _suggest_module(key: str, entry: str, files: Iterable[str], model: Node) -> str | None:
    module, _, attribute = entry.partition(":")
    folder = PurePosixPath(model.cwd)
    known = [path for path in map(PurePosixPath, files) if path.suffix == ".py"]
    names = {".".join(path.relative_to(folder).with_suffix("").parts) for path in known if path.is_relative_to(folder)}
    near = get_close_matches(module, sorted(names), 1)
    return f"Did you mean `{key}: {near[0]}:{attribute}`?" if near else None


def find_modules(at: Project, model: Node, names: Iterable[str]) -> Mapping[str, str | None]:
    """Ask the job's Python where it finds modules; nothing where it gives no answer."""
    python, folder, asked = find_interpreter(at, model), at.folder / model.cwd, sorted(names)
    if python is None or not asked or not folder.is_dir():
        return {}
    given = give(at.options.environment, list_variables(at, model))
    return ask(python, at.repository.top, folder, given, asked).modules


def find_interpreter(at: Project, model: Node) -> Interpreter | None:
    """Give the Python of an entry's job; None where there is none, of which others tell."""
    try:
        return find(model.python, at.folder, at.options.environment.get("PATH"))
    except StageFailed:
        return None
