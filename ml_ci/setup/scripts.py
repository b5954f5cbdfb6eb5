"""Find the programs that train among a repository's files, with what they and the modules they import leave."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping

from ml_ci.setup.source import Source
from ml_ci.setup.texts import TOP
from ml_ci.setup.traces import MODELS, TABLES, Traces, find_traces
from ml_ci.setup.values import Script

_MOST_MODULES = 60
_OTHERS = (
    "predict", "serve", "api", "app", "eval", "plot", "preprocess", "inference", "infer", "tune", "tuning", "explore",
    "benchmark", "compare", "clean", "example", "demo", "utils", "conftest", "setup",
)  # fmt: skip
_ADDRESS = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)
_SCORES = re.compile(r"(?:^|[_\-./])(?:pred|preds|predictions?|scores?|submission)(?=[_\-.]|$)", re.IGNORECASE)


def find_scripts(sources: Mapping[str, Source], files: Collection[str], asked: Mapping[str, str]) -> tuple[Script, ...]:
    """Find the programs that train, the likeliest first; `files` are the repository's, `asked` those that
    a command of the repository runs, and where it is started.
    """
    found = (_read_script(source, sources, frozenset(files), asked.get(source.path)) for source in sources.values())
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (-one.score, one.path)))


def _read_script(
    source: Source, sources: Mapping[str, Source], files: frozenset[str], asked: str | None
) -> Script | None:
    if is_test(source.path):
        return None
    parts = find_modules(source, sources)
    called = "train" in (_name_stem(source.path) if asked is None else source.path)
    learns = any(part.fits for part in parts) or (called and (source.runs or asked is not None))  # perhaps by itself
    if not learns:
        return None
    traces = find_traces({part.path: part.tree for part in parts})
    score = _score(source, parts, traces, asked is not None)
    if score < 3:
        return None
    cwd = _find_cwd(source.path, traces, files) if asked is None else asked
    at = {text: _resolve(text, cwd) for text in (*traces.strings, *traces.tables, *traces.models, *traces.written)}
    written = {at[one] for one in traces.written}
    inside = _keep_within(at[one] for one in traces.models or traces.perhaps)
    module = source.path.removesuffix(".py").replace("/", ".")
    tables = (at[one] for one in (*traces.tables, *traces.strings) if one.endswith(TABLES))
    return Script(
        path=source.path,
        score=score,
        runs=source.runs,
        module=module if source.relative and all(part.isidentifier() for part in module.split(".")) else None,
        cwd=cwd,
        function=source.function,
        reads=tuple(one for one in dict.fromkeys(tables) if one in files and one not in written),
        absent=tuple(one for one in _keep_within(at[one] for one in traces.tables) if one not in files | written),
        fetched=tuple(one for one in traces.tables if _ADDRESS.match(one)),
        writes=tuple(one for one in inside if one not in files or one in map(at.get, traces.models)),
        scores=tuple(one for one in _keep_within(sorted(written)) if one.endswith(TABLES) and is_scores(one)),
        named=traces.named,
        regressor=any(part.regressor for part in parts),
        logs=traces.logs,
        earlier=tuple(sorted(one for one in files if one.endswith(MODELS)))[:6] if traces.unseen else (),
        tracked=traces.tracked,
    )


def is_scores(path: str) -> bool:
    """Say whether a file that a command leaves has predictions, and is no model."""
    return path.endswith((*TABLES, ".json", ".jsonl", ".npy")) and bool(_SCORES.search(path))


def is_test(path: str) -> bool:
    """Say whether a file is a test, by its name or its folder."""
    *folders, name = path.split("/")
    return name.startswith("test_") or name.endswith("_test.py") or bool({"tests", "test"} & set(folders))


def find_modules(source: Source, sources: Mapping[str, Source]) -> list[Source]:
    """Give a program and the repository's modules that it imports, one after another, the program first."""
    found, waiting = {source.path: source}, [source]
    while waiting and len(found) < _MOST_MODULES:
        one = waiting.pop(0)
        for module in one.imports:
            path = _find_module(module, one.path, sources)
            if path is not None and path not in found:
                found[path] = sources[path]
                waiting.append(sources[path])
    return list(found.values())


def _find_module(module: str, importer: str, sources: Mapping[str, Source]) -> str | None:
    """Find a module from the importer's folder upwards, and in `src`."""
    folder = posixpath.dirname(importer)
    places = [folder]
    while folder:
        folder = posixpath.dirname(folder)
        places.append(folder)
    name = module.replace(".", "/")
    for place in (*places, "src"):
        for ending in (".py", "/__init__.py"):
            path = posixpath.join(place, name + ending)
            if path in sources and path != importer:
                return path
    return None


def _score(source: Source, parts: list[Source], traces: Traces, asked: bool) -> int:
    """Count what speaks for a program that trains; its name alone is not enough."""
    stem = _name_stem(source.path)
    points = 3 * source.fits + 2 * any(part.fits for part in parts[1:])
    points += 2 * any(part.libraries for part in parts) + 3 * ("train" in stem or stem.startswith("fit"))
    points += 2 * (source.function is not None) + 2 * bool(traces.models) + 6 * (source.runs or asked) + 6 * asked
    points += stem in ("main", "run", "__main__", "pipeline")
    words = set(re.split(r"[_\-]", stem))
    return points - 4 * bool(words & set(_OTHERS) or any(stem.startswith(one) for one in ("predict", "eval", "plot")))


def _name_stem(path: str) -> str:
    return posixpath.basename(path).removesuffix(".py").lower()


def _resolve(text: str, cwd: str) -> str:
    """Give a path of a program relative to the repository, `../…` for one outside of it."""
    if _ADDRESS.match(text):
        return text
    if text.startswith(TOP):
        return posixpath.normpath(text.removeprefix(TOP))
    return posixpath.normpath(posixpath.join(cwd, text))


def _keep_within(paths: Iterable[str]) -> tuple[str, ...]:
    here = (one for one in dict.fromkeys(paths) if not one.startswith(("/", "..")) and one != ".")
    return tuple(one for one in here if not _ADDRESS.match(one))


def _find_cwd(path: str, traces: Traces, files: frozenset[str]) -> str:
    """Find the folder from which the program's paths lead to files: the root, the program's own, or one between."""
    known = files | {folder for file in files for folder in _list_above(file)}
    texts = [one for one in dict.fromkeys((*traces.strings, *traces.tables, *traces.models)) if _is_path(one)]
    places = [".", *sorted(_list_above(path), key=len, reverse=True)]

    def rank(place: str) -> int:
        resolved = [_resolve(one, place) for one in texts]
        return sum(one in known for one in resolved) - sum(one.startswith("..") for one in resolved)

    return max(places, key=rank)


def _is_path(text: str) -> bool:
    return not text.startswith("/") and " " not in text and "://" not in text and bool(re.search(r"\w[./]\w|^\.", text))


def _list_above(path: str) -> list[str]:
    found = []
    while path := posixpath.dirname(path):
        found.append(path)
    return found
