"""The code part: the files of the repository that a training, a `predict` function or a metric consists of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from ml_ci.changes.closure import Closure, closure, find_module
from ml_ci.changes.command import find_named
from ml_ci.changes.globs import matching
from ml_ci.changes.sources import Sources
from ml_ci.frozen import dataclass
from ml_ci.spec.values import FileEntry, Node

_DECLARE = "List the files that may be imported under `code:`, for example `code: [plugins/*.py]`."


@dataclass(frozen=True)
class Code:
    """The digests of the `files` by path, and the modules found `outside` of the repository."""

    files: Mapping[str, str] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def training_code(model: Node, sources: Sources) -> Code:
    """Collect the training's code: the closure of the function or of the command's files, and the `code:` globs."""
    if not model.job.entry and not model.job.command:
        return Code()  # it is never run
    extra, complaints = _declare(model, sources)
    if model.job.entry:
        found = function_code(model, model.job.entry, sources, extra)
    else:
        found = command_code(model, model.job.text, sources, extra)
    return Code(found.files, found.outside, (*complaints, *found.warnings))


def function_code(model: Node, entry: str, sources: Sources, extra: Iterable[str] = ()) -> Code:
    """Collect the code of `package.module:function`; a module that the tree does not have counts as outside of it."""
    module = entry.partition(":")[0]
    roots = import_roots(model.cwd)
    start = find_module(module, sources.files, roots)
    found = _follow(model, [*extra, *([start] if start else [])], sources, roots)
    if start:
        return found
    complaint = f"{module} is not in this repository: only the version of the distribution that has it is watched"
    return Code(found.files, found.outside | {module.partition(".")[0]}, (*found.warnings, complaint))


def command_code(model: Node, text: str, sources: Sources, extra: Sequence[str] = ()) -> Code:
    """Collect the files that a command names, what those of Python import, and what else is declared."""
    names = find_named(text, _folder(model.cwd), sources, _leave_out(model))
    scripts = {posixpath.dirname(path) for path in names.files if path.endswith(".py")}
    roots = tuple(dict.fromkeys((*names.folders, *sorted(scripts - {""}), *import_roots(model.cwd))))
    modules = {module: find_module(f"{module}.__main__", sources.files, roots) for module in names.modules}
    modules = {name: path or find_module(name, sources.files, roots) for name, path in modules.items()}
    starts = [*extra, *names.files, *(path for path in modules.values() if path)]
    found = _follow(model, starts, sources, roots)
    outside = {name.partition(".")[0] for name, path in modules.items() if not path}
    outside |= _follow(model, names.perhaps, sources, roots).outside if names.perhaps else set()
    return Code(found.files, found.outside | outside, found.warnings)


def _follow(model: Node, starts: Iterable[str], sources: Sources, roots: Sequence[str]) -> Code:
    found = closure(starts, sources, roots)
    files = {path: sources[path].digest for path in sorted(found.files)}
    return Code(files, found.outside, tuple(_complaints(model, found)))


def _complaints(model: Node, found: Closure) -> Iterable[str]:
    if found.unknown and not model.code:
        yield f"{', '.join(found.unknown)}: an import by a variable cannot be followed. {_DECLARE}"
    for path in found.unread:
        yield f"{path} cannot be read as Python: it counts byte by byte, comments too"


def _declare(model: Node, sources: Sources) -> tuple[list[str], list[str]]:
    files = {pattern: matching(posixpath.normpath(pattern), sources.files) for pattern in model.code}
    complaints = [f"code: {pattern} matches no file of the repository" for pattern, paths in files.items() if not paths]
    return [path for paths in files.values() for path in paths], complaints


def _leave_out(model: Node) -> list[str]:
    entries = [entry.path for entry in (*model.data.values(), model.kept_back) if isinstance(entry, FileEntry)]
    outputs = [path for path in model.job.outputs.values() if "{" not in path]
    data = [posixpath.normpath(path) for path in (*entries, *outputs, *model.job.held)]
    return [*data, *(f"{path}.dvc" for path in data)]


def import_roots(cwd: str) -> tuple[str, ...]:
    """Give the folders in which a job finds the repository's modules, the first one first."""
    folder = _folder(cwd)
    return tuple(dict.fromkeys((folder, "", posixpath.join(folder, "src"), "src")))


def _folder(path: str) -> str:
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal
