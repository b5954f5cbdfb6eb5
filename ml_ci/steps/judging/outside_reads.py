"""Tell of the data that jobs read outside of the repository: no fingerprint knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ml_ci.changes.values import Stage
from ml_ci.steps.planning.decide import key_scoring
from ml_ci.steps.planning.reads import find_reads, key_metrics
from ml_ci.steps.values import Project, Side, Sides


def note_outside_reads(project: Project, sides: Sides) -> Iterator[str]:
    """Give a note a folder of data that a job of either side was seen to read, also where its record answers."""
    found: set[str] = set()
    for side, stage, manifest in _stages(project, sides):
        found |= {*find_reads(project, side, stage, manifest).outside}
    for shown in _by_folder(found):
        yield (
            f"A job read {shown}, outside of the repository: a change of it is not seen and trains nothing. "
            "Bring it in by git, DVC or Git LFS, and name it under `data:`."
        )


def _stages(project: Project, sides: Sides) -> Iterator[tuple[Side, Stage, str]]:
    for side in (sides.candidate, sides.baseline):
        if side is not None and side.champion is None:
            yield side, "train", side.fingerprint.manifest
        if side is not None:
            yield side, "score", key_scoring(project, sides, side).manifest
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
