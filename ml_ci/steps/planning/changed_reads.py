"""Find out in which files that a job reads two sides differ."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from ml_ci.changes.describe_reads import Difference, differences
from ml_ci.changes.read_states import ABSENT, States
from ml_ci.changes.values import READS, Stage
from ml_ci.steps.planning.decide import key_scoring
from ml_ci.steps.planning.reads import find_reads, key_metrics, open_states, open_whole
from ml_ci.steps.values import Made, Project, Side, Sides


def find_changed_reads(project: Project, old: Made, new: Made) -> tuple[Difference, ...]:
    """Give the files that a job of either side reads, or looks for, and that differ; as seen from the project.

    What was seen of either side counts; where nothing was, what was seen last of what is declared alike.
    """
    prefix = project.repository.prefix.rstrip("/") or "."
    found = dict.fromkeys(find_differences(project, old, new))
    return tuple(replace(one, name=posixpath.relpath(one.name, prefix) if one.name else "") for one in found)


def find_differences(project: Project, old: Made, new: Made) -> Iterator[Difference]:
    """Give the same by their paths from the top of the repository."""
    if any(side.champion is not None and not side.champion.ours for side in (old, new)):
        return
    for stage, states in _look_up(project, old, new):
        looks = [open_states(project, side, side.fingerprint, stage) for side in (old, new)]
        yield from differences(states, looks[0], looks[1])


def list_reads(project: Project, sides: Sides) -> tuple[str, ...] | None:
    """Name the files and folders that the candidate's jobs were seen to read; None where nothing was seen yet."""
    side = sides.candidate
    if not side.fingerprint.seen:
        return None
    prefix = project.repository.prefix.rstrip("/") or "."
    found = set()
    for _, states in _look_up(project, side, side):
        if "everything" in states:
            return ("the whole repository: nothing could watch the jobs",)
        read = {**states.get("files", {}), **states.get("sources", {})}
        found |= {posixpath.relpath(path, prefix) for path, state in read.items() if state != ABSENT}
        found |= {f"{posixpath.relpath(path or '.', prefix)}/" for path in states.get("folders", ())}
    return tuple(sorted(found))


def find_exchangeable(project: Project, old: Side, new: Side) -> frozenset[str]:
    """Give the paths, from the top, that make the reads of one side those of the other where they are exchanged.

    Where nothing could watch the jobs, they are all that differs and that no declared part holds.
    """
    found = frozenset(one.name for one in find_differences(project, old, new))
    if "" not in found:
        return found
    was, now = open_whole(project, old).everything(), open_whole(project, new).everything()
    looks = [open_states(project, side, side.fingerprint, "train") for side in (old, new)]
    differing = (path for path in {*was, *now} if was.get(path) != now.get(path))
    return found - {""} | {path for path in differing if not any(look.holds(path) for look in looks)}


def _look_up(project: Project, old: Made, new: Made) -> Iterator[tuple[Stage, States]]:
    sides = Sides(new, old, None, "") if isinstance(new, Side) and isinstance(old, Side) else None
    for side in (old, new):
        own: States = side.fingerprint.details.get(READS) or {}  # type: ignore[assignment]
        kept = {} if side.fingerprint.seen else find_reads(project, side, "train", side.fingerprint.manifest).states
        yield "train", own if side.fingerprint.seen else kept
        if sides is not None and isinstance(side, Side) and side.fingerprint.seen:
            manifest = key_scoring(project, sides, side).manifest
            yield "score", find_reads(project, side, "score", manifest).states
    if sides is not None and sides.candidate.model.metrics:
        yield "metric", find_reads(project, sides.candidate, "metric", key_metrics(sides.candidate)).states
