"""Tell of the data that jobs read outside of the repository: no fingerprint knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml_ci.changes.values import Stage
from ml_ci.steps.planning.decide import key_scoring
from ml_ci.steps.planning.folds import cut_folds
from ml_ci.steps.planning.reads import find_reads, key_metrics
from ml_ci.steps.values import Project, Side, Sides

_MOST_NAMED = 3


def note_outside_reads(project: Project, sides: Sides) -> Iterator[str]:
    """Give one note of the data that jobs of either side were seen to read, also where their records answer."""
    found: set[str] = set()
    for side, stage, manifest in _stages(project, sides):
        found |= {*find_reads(project, side, stage, manifest).outside}
    places = list(_by_folder(found))
    if places:
        yield _tell_places(places)


def _tell_places(places: Sequence[str]) -> str:
    """Name the first few places, however many there are; a record tells all."""
    named, more = list(places[:_MOST_NAMED]), len(places) - _MOST_NAMED
    last = f"{more} more (`ml-ci records show` of the training names them)" if more > 0 else named.pop()
    shown = f"{', '.join(named)} and {last}" if named else last
    it = "it" if len(places) == 1 else "them"
    return (
        f"A job read {shown}, outside of the repository: a change of {it} is not seen and trains nothing. "
        f"Bring {it} in by git, DVC or Git LFS, and name {it} under `data:`."
    )


def _stages(project: Project, sides: Sides) -> Iterator[tuple[Side, Stage, str]]:
    for side in (sides.candidate, sides.baseline):
        if side is not None and side.champion is None:
            yield side, "train", side.fingerprint.manifest
        if side is not None:
            yield side, "score", key_scoring(project, sides, side).manifest
        for fold in cut_folds(project, sides, side) if side is not None else ():
            yield fold.side, "train", fold.side.fingerprint.manifest
            yield fold.side, "score", key_scoring(project, fold.sides, fold.side).manifest
    if sides.candidate.model.metrics:
        yield sides.candidate, "metric", key_metrics(sides.candidate)


def _by_folder(paths: set[str]) -> Iterator[str]:
    """Name a file that is alone, and of several in one folder the folder."""
    folders = {path for path in paths if Path(path).is_dir()}
    files = defaultdict(list)
    for path in paths - folders:
        files[str(Path(path).parent)].append(path)
    named = {f"{folder}/" for folder in folders | {folder for folder, inside in files.items() if len(inside) > 1}}
    yield from sorted(
        named | {one for inside in files.values() for one in inside if f"{Path(one).parent}/" not in named}
    )
