"""Make a registered version again from its commit, and say whether it predicts the same."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from ml_ci.changes.globs import is_glob
from ml_ci.changes.remote import is_remote
from ml_ci.errors import UserError
from ml_ci.evaluation.scores import FILE, load
from ml_ci.frozen import dataclass
from ml_ci.records.files import digest_files
from ml_ci.registry.values import Lineage, Version
from ml_ci.spec.values import FileEntry
from ml_ci.steps.lineage.lock import build_environment
from ml_ci.steps.lineage.registered import Registered
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.decide import vary_repetition
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Options, Project, Sides
from ml_ci.steps.working.score import score_side
from ml_ci.steps.working.train import find_artifact, train_side
from ml_ci.steps.working.workshop import open_workshop

Outcome = Literal["identical", "within-tolerance", "within-spread", "different"]
Compared: TypeAlias = tuple[Outcome, int, int, float]


@dataclass(frozen=True)
class Difference:
    """A part of the fingerprint that is not what it was: a line per thing that differs."""

    part: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class Reproduced:
    """How a version that was made again compares: `moved` is the largest difference of a score, `flipped` counts
    decisions of `rows` that changed, `same_file` says that the model's file is the same byte for byte.
    """

    version: Version
    outcome: Outcome
    differences: tuple[Difference, ...]
    rows: int
    flipped: int
    moved: float
    same_file: bool


def reproduce_version(options: Options, name: str, *, build: bool, tolerance: float) -> Reproduced:
    """Check out a version's commit, check its data, train again and compare the predictions of its holdout.

    With `build` the job runs in an environment that is made from the version's lock. UserError when it cannot be made
    again; StageFailed when its training fails.
    """
    opened = Registered.open(options)
    version = opened.version(name)
    lineage = opened.lineage(version)
    if not lineage.made:
        raise UserError(f"{version.named} of {version.model} was not made by ml-ci: it cannot be made again")
    with opened.project.store.workplace() as work:
        stored = opened.registry.download(version, "predictions", work)
        with _checkout(opened.project, str(lineage.made["commit"]), work / "copy") as folder:
            python = _environment(options, lineage, work / "environment") if build else options.python
            inner = replace(options, start=folder, baseline="none", python=python, store=None, models=())
            _link_data(opened.project, version.model, inner)
            return _make(inner, lineage, stored / FILE, tolerance)


def _environment(options: Options, lineage: Lineage, at: Path) -> str:
    """Build the environment, and tell of it: it takes minutes, and nothing else is heard of them."""
    model, what, begun = lineage.version.model, "building the environment of its lock", time.monotonic()
    options.progress.begin(model, what)
    python = build_environment(lineage.made["environment"], at)
    options.progress.end(model, what, time.monotonic() - begun)
    return python


def _make(options: Options, lineage: Lineage, stored: Path, tolerance: float) -> Reproduced:
    project, name = open_project(locate(options), options), lineage.version.model
    candidate = Fingerprints(project).candidate(name)
    sides = Sides(candidate, None, None, "reproduce", "none")
    with open_workshop(project, sides) as shop:
        training = train_side(shop, candidate)
        found = resolve_reads(project, candidate).fingerprint
        differences = tuple(_differences(lineage.made, found.parts, found.details))
        again = [score_side(shop, one).file(FILE) for one in vary_repetition(candidate.model, candidate)]
        same = digest_files(find_artifact(training)) == lineage.made["artifact"]
        outcome, rows, flipped, moved = compare_all(stored, again, tolerance)
        return Reproduced(lineage.version, outcome, differences, rows, flipped, moved, same)


def compare_all(stored: Path, again: Sequence[Path], tolerance: float) -> Compared:
    """Compare stored predictions with those of each repetition made now: the nearest counts.

    What differs from it by no more than the repetitions do among themselves is `within-spread`: a model that does not
    answer alike twice cannot be made again any better.
    """
    nearest = min((_compare(stored, one, tolerance) for one in again), key=itemgetter(2, 3))
    if nearest[0] != "different" or len(again) == 1:
        return nearest
    apart = [_compare(one, other, tolerance) for one, other in combinations(again, 2)]
    _, rows, flipped, moved = nearest
    inside = flipped <= max(one[2] for one in apart) and moved <= max(one[3] for one in apart)
    return "within-spread" if inside else "different", rows, flipped, moved


def _compare(stored: Path, now: Path, tolerance: float) -> Compared:
    """Compare two files of predictions row by row; another number of rows is another result."""
    old, new = load(stored), load(now)
    if old.rows != new.rows:
        return "different", new.rows, abs(old.rows - new.rows), float("inf")
    flipped = int((old.decision != new.decision).sum())
    moved = float(np.max(np.abs(old.within_one() - new.within_one()), initial=0.0))
    if flipped == 0 and moved == 0.0:
        return "identical", new.rows, 0, 0.0
    return ("within-tolerance" if flipped == 0 and moved <= tolerance else "different"), new.rows, flipped, moved


def _differences(made: Mapping[str, Any], parts: Mapping[str, str], details: Mapping[str, Any]) -> Iterator[Difference]:
    for part in sorted({*made["parts"], *parts} - {"gates"}):
        if made["parts"].get(part) != parts.get(part):
            was, now = made["details"].get(part, {}), details.get(part, {})
            keys = sorted(key for key in {*was, *now} if _plain(was.get(key)) != _plain(now.get(key)))
            told = tuple(f"{key}: {_short(was.get(key))} → {_short(now.get(key))}" for key in keys[:20])
            yield Difference(part, told)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text[:12] if len(text) >= 40 and text.isalnum() else text[:80]


@contextlib.contextmanager
def _checkout(project: Project, commit: str, at: Path) -> Iterator[Path]:
    if project.repository.commit(commit) is None:
        raise UserError(
            f"the commit {commit[:7]} is not in this clone", hint="Fetch the history: git fetch --unshallow"
        )
    with project.repository.worktree(commit, at) as folder:
        yield folder


def _link_data(project: Project, name: str, options: Options) -> None:
    """Let the checkout find data that git ignores where the user has them; their digests are checked as all are."""
    spec = open_project(locate(options), options).spec
    if name not in spec.models:
        raise UserError(f"the commit of this version does not declare `{name}`")
    model = spec.models[name]
    folder = locate(options).parent
    entries = [*model.data.values(), *([model.holdout] if isinstance(model.holdout, FileEntry) else [])]
    for entry in (one for one in entries if one.job is None):
        own, there = project.folder / entry.path, folder / entry.path
        if (
            entry.job is not None
            or is_remote(entry.path)
            or is_glob(entry.path)
            or os.path.lexists(there)
            or not own.exists()
        ):
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(own)
