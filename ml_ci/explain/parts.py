"""Which parts of a model changed and can be exchanged one by one."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ml_ci.changes.globs import is_glob, matching
from ml_ci.changes.values import Fingerprint
from ml_ci.explain.values import Part
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry

MOST = 4
CODE, ENVIRONMENT, THRESHOLD = "code", "environment", "threshold"
READS = "reads"
# What is grouped last, if there are too many: what moves a model most stands first.
_ORDER = (CODE, READS, "data", "params", "needs", ENVIRONMENT, THRESHOLD, "seed", "budget")


def find_parts(
    old: tuple[ModelSpec, Fingerprint],
    new: tuple[ModelSpec, Fingerprint],
    together: Iterable[str] = (),
    *,
    read: bool = False,
) -> tuple[Part, ...]:
    """Give the parts that differ and can be exchanged, at most four: of more, the smallest are taken as one.

    The job belongs to the code, and so do distributions that only one side imports. `together` are data parts that one
    file (`dvc.lock`) pins, so that they can be exchanged only as one. `read` says that files differ which a job reads.
    """
    names = sorted(
        (*_find_changed(old, new), *([READS] if read else ())),
        key=lambda name: (_ORDER.index(name.partition(".")[0]), name),
    )
    pinned = [name for name in names if name in {*together}]
    parts = [Part(name, frozenset({name})) for name in names if name not in pinned or len(pinned) == 1]
    if len(pinned) > 1:
        parts.insert(sum(name == CODE for name in names), _join(pinned))
    kept = parts if len(parts) <= MOST else parts[: MOST - 1]
    rest = [name for part in parts[len(kept) :] for name in sorted(part.holds)]
    return (*kept, _join(rest)) if rest else tuple(kept)


def mix_model(old: ModelSpec, new: ModelSpec, chosen: Collection[str]) -> ModelSpec:
    """Give the model in which what is `chosen` is as in `new`, and everything else as in `old`.

    The holdout is always the new one's.
    """

    def side(name: str) -> ModelSpec:
        return new if name in chosen else old

    code, params = side(CODE), side("params")
    return replace(
        code,
        data={name: side(f"data.{name}").data.get(name, entry) for name, entry in code.data.items()},
        holdout=_holdout(code, new),
        params=params.params,
        params_file=params.params_file,
        python=side(ENVIRONMENT).python,
        threshold=side(THRESHOLD).threshold,
        seed=side("seed").seed,
        budget=replace(new.budget, rows=side("budget").budget.rows),
    )


def files_of(name: str, models: Iterable[ModelSpec], files: Iterable[str]) -> frozenset[str]:
    """Give the files of a tree that belong to a part other than the code, with the files that point to them."""
    files = tuple(files)
    return frozenset(path for model in models for path in _files(name, model, files))


def find_pinned(models: Iterable[ModelSpec], files: Collection[str]) -> frozenset[str]:
    """Name the data parts that can be exchanged only together: those that one job leaves, and those of a `dvc.lock`."""
    models = tuple(models)
    made = _find_made_together(models)
    if not any(posixpath.basename(path) == "dvc.lock" for path in files):
        return made
    names = {name for model in models for name, entry in model.data.items() if entry.job is None}
    return made | {f"data.{name}" for name in names if not files_of(f"data.{name}", models, files)}


def _find_made_together(models: Iterable[ModelSpec]) -> frozenset[str]:
    """Name the data parts that one job leaves: they are of one side."""
    found: dict[str, set[str]] = {}
    for model in models:
        for name, entry in model.data.items():
            found.setdefault(entry.job or "", set()).add(f"data.{name}")
    return frozenset(part for job, parts in found.items() if job and len(parts) > 1 for part in parts)


def _find_changed(old: tuple[ModelSpec, Fingerprint], new: tuple[ModelSpec, Fingerprint]) -> Iterator[str]:
    (was, before), (now, after) = old, new
    parts = {name for name in {*before.parts, *after.parts} if before.parts.get(name) != after.parts.get(name)}
    code = {CODE, "job"} & parts or _scoring(before) != _scoring(after) or _ways(was) != _ways(now)
    code = code or bool({f"data.{name}" for name in was.data.keys() ^ now.data.keys()} & parts)
    if code or (ENVIRONMENT in parts and was.python == now.python):
        yield CODE
    yield from (f"data.{name}" for name in was.data.keys() & now.data.keys() if f"data.{name}" in parts)
    yield from (f"needs.{name}" for name in {*was.needs} & {*now.needs} if f"needs.{name}" in parts)
    yield from parts & {"params", "seed", "budget"}
    if ENVIRONMENT in parts and was.python != now.python:
        yield ENVIRONMENT
    if was.threshold != now.threshold:
        yield THRESHOLD


def _ways(model: ModelSpec) -> object:
    return model.predict, model.predict_command, model.load


def _scoring(fingerprint: Fingerprint) -> object:
    said: Mapping[str, object] = fingerprint.details.get("metrics", {})
    return said.get("code")


def _join(names: Iterable[str]) -> Part:
    names = tuple(names)
    return Part(", ".join(names), frozenset(names))


def _holdout(code: ModelSpec, new: ModelSpec) -> FileEntry | PartEntry:
    holdout = new.holdout
    if isinstance(holdout, FileEntry):
        return holdout if holdout.job is None or holdout.job in code.upstream else code.holdout
    return holdout if holdout.of in code.data else code.holdout


def _files(name: str, model: ModelSpec, files: tuple[str, ...]) -> Iterator[str]:
    if name == "params":
        yield from {model.params_file[0]} & {*files} if model.params_file else ()
        return
    entry = model.holdout if name == "data.holdout" else model.data.get(name.removeprefix("data."))
    if isinstance(entry, FileEntry):
        yield from _cover(posixpath.normpath(entry.path), files)


def _cover(path: str, files: tuple[str, ...]) -> Iterator[str]:
    if is_glob(path):
        found = matching(path, files)
        yield from (*found, *(f"{one}.dvc" for one in found), *matching(f"{path}.dvc", files))
        return
    folders = [path]
    while posixpath.dirname(folders[-1]):
        folders.append(posixpath.dirname(folders[-1]))
    pointers = {f"{folder}.dvc" for folder in folders}
    yield from (one for one in files if one == path or one.startswith(f"{path}/") or one in pointers)
