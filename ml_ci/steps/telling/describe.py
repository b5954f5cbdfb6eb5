"""Say what changed between baseline and candidate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml_ci.changes.describe import describe, in_order
from ml_ci.changes.describe_data import describe_cut
from ml_ci.changes.values import READS, Change
from ml_ci.conditions import ConditionError, parse
from ml_ci.gates.loosened import loosened
from ml_ci.spec.values import JobSpec
from ml_ci.steps.planning.changed_reads import find_changed_reads
from ml_ci.steps.planning.snapshots import make_snapshot
from ml_ci.steps.values import Made, Project, Side, Sides

_NEEDS = "needs."


def describe_changes(project: Project, sides: Sides) -> tuple[Change, ...]:
    """Say part by part what changed; without a baseline, why there is none."""
    if sides.baseline is None:
        why = Change("model", sides.no_baseline or "new model")
        return (why, *(describe_between(project, sides.broken.side, sides.candidate) if sides.broken else ()))
    champion = sides.baseline.champion
    if champion is not None and not champion.ours:
        return (Change("model", f"compared with {sides.source}, which ml-ci did not train"),)
    return describe_between(project, sides.baseline, sides.candidate)


def describe_between(project: Project, old: Made, new: Made) -> tuple[Change, ...]:
    """Say part by part what changed from one side to the other."""

    def loosened(was: str, now: str) -> bool:
        confidence = [side.model.confidence if isinstance(side, Side) else None for side in (old, new)]
        return _loosen(was, now, (confidence[0], confidence[1]))

    changes = describe(
        make_snapshot(project, old), make_snapshot(project, new), loosened, find_changed_reads(project, old, new)
    )
    if isinstance(old, Side) and isinstance(new, Side):
        cuts = [side.cut or side.model.holdout for side in (old, new)]
        if cuts[0] != cuts[1] and "data.holdout" not in {change.part for change in changes}:
            # Both sides have the new cut, so that no row of it is trained on: their parts say nothing of the old one.
            changes = in_order((*changes, describe_cut(cuts[0], cuts[1])))
    return tuple(_once(_with_cause(project, change, old, new)) for change in changes)


def _once(change: Change) -> Change:
    """Leave out details that the summary says already."""
    return replace(change, details=tuple(detail for detail in change.details if detail not in change.summary))


def _with_cause(project: Project, change: Change, old: Made, new: Made) -> Change:
    """Say of what this one builds on why it is made again."""
    name = _name_upstream(change.part, new)
    if name is None or name not in old.needs or name not in new.needs:
        return change
    causes = tuple(_causes(project, old.needs[name], new.needs[name]))
    parts = ", ".join(cause.part for cause in causes)
    details = tuple(f"{cause.part}: {cause.summary}" for cause in causes)
    again = "trained again"
    if isinstance(new.needs[name].model, JobSpec):
        again = "done again" if change.part.startswith(_NEEDS) else change.summary
    return replace(change, summary=f"{again}, for its {parts}" if parts else again, details=details)


def _name_upstream(part: str, side: Made) -> str | None:
    """Name what a part is made by; None where it is a part of its own."""
    if part.startswith(_NEEDS):
        return part.removeprefix(_NEEDS)
    job = side.fingerprint.details.get(part, {}).get("job") if part.startswith("data.") else None
    return None if job is None else str(job)


def _causes(project: Project, old: Made, new: Made) -> Iterator[Change]:
    was, now = old.fingerprint, new.fingerprint
    for change in describe_between(project, old, new):
        trains = change.part in was.training_parts | now.training_parts
        if change.part == READS or (trains and was.parts.get(change.part) != now.parts.get(change.part)):
            yield change


def _loosen(old: str, new: str, confidence: tuple[float | None, float | None]) -> bool:
    try:
        return bool(loosened(parse(old), parse(new), confidence=confidence))
    except ConditionError:
        return False
