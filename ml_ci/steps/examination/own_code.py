"""Whether the job's Python finds the repository's own modules where each side has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.values import Node
from ml_ci.steps.examination.values import Finding
from ml_ci.steps.opening.project import select_entries
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Project
from ml_ci.training.asking import ask
from ml_ci.training.interpreter import find
from ml_ci.training.missing import advise
from ml_ci.training.packaging import projects
from ml_ci.variables.given import give


def check_own_code(at: Project) -> Iterator[Finding]:
    """Check that the modules that a training or a job consists of are found in the repository, by the job's Python."""
    fingerprints = Fingerprints(at)
    for node in select_entries(at):
        try:
            files = fingerprints.entry(node.name).fingerprint.details.get("code", {})
        except (UserError, StageFailed):
            continue  # another check tells of it
        yield from _ask(at, node, files)


def _ask(at: Project, model: Node, files: Mapping[str, object]) -> Iterator[Finding]:
    about, folder = f"{model.name}: code", at.folder / model.cwd
    modules = _modules(at, model, files)
    if not modules or not folder.is_dir():
        return
    try:
        python = find(model.python, at.folder, at.options.environment.get("PATH"))
    except StageFailed:
        return
    answer = ask(
        python, at.repository.top, folder, give(at.options.environment, list_variables(at, model)), sorted(modules)
    )
    if not answer.modules:
        yield Finding(about, True, f"{python.path} does not say where it finds modules")
        return
    wrong = [name for name in sorted(modules) if not _same(answer.modules.get(name), modules[name])]
    for name in wrong[:5]:
        yield _wrong(about, name, answer.modules.get(name), modules[name], at.repository.top)
    if not wrong:
        yield Finding(about, True, _fine(at, modules, answer.installed))


def _fine(at: Project, modules: Mapping[str, Path], installed: tuple[str, ...]) -> str:
    tops = sorted({name.partition(".")[0] for name in modules})
    count = f"{len(modules)} module{'s' if len(modules) > 1 else ''} of {', '.join(tops)}"
    if not installed:
        return f"{count}, found in this repository"
    return f"{count}; {', '.join(installed)} is installed in the job's Python, and each side runs its own all the same"


def _same(found: str | None, path: Path) -> bool:
    return found is not None and Path(found).resolve() == path.resolve()


def _wrong(about: str, name: str, found: str | None, path: Path, top: Path) -> Finding:
    shown = path.relative_to(top).as_posix()
    if found is None:
        hint = advise(name, top) or f"Let a pyproject.toml install it, or name its folder by `cwd:` ({shown})."
        return Finding(about, False, f"the job's Python does not find `{name}` ({shown})", hint)
    said = f"`{name}` is {found} in the job's Python, not {shown}"
    return Finding(about, False, said, "Remove it there, or give one of them another name.")


def _modules(at: Project, model: Node, files: Mapping[str, object]) -> dict[str, Path]:
    """Name the modules among a training's files that a package of the repository holds, and a function's own."""
    found = {}
    roots = {
        (root.resolve(), name)
        for project in projects(at.repository.top)
        for name, folders in project.names.items()
        for root in folders
    }
    roots |= {(at.folder / part, "") for part in ("src",)}
    for file in files:
        path = at.folder / file
        for root, top in roots:
            if file.endswith(".py") and path.is_relative_to(root):
                name = _dot(path.relative_to(root).as_posix())
                if top in ("", name.partition(".")[0]):
                    found[name] = path
    if model.job.entry:
        entry = model.job.entry.partition(":")[0]
        own = [file for file in files if _dot(_inside(file, model.cwd)) == entry]
        found.update((entry, at.folder / file) for file in own)
    return found


def _inside(file: str, cwd: str) -> str:
    path = PurePosixPath(file)
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else file


def _dot(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
