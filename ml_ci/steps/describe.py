"""Say what changed between baseline and candidate."""

from __future__ import annotations

from ml_ci.changes.describe import describe
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import Change
from ml_ci.conditions import ConditionError, parse
from ml_ci.steps.values import Project, Side, Sides


def described(project: Project, sides: Sides) -> tuple[Change, ...]:
    """Say part by part what changed; without a baseline, why there is none."""
    if sides.baseline is None:
        return (Change("model", sides.no_baseline or "new model"),)
    return describe(_snapshot(project, sides.baseline), _snapshot(project, sides.candidate), _loosened)


def _snapshot(project: Project, side: Side) -> Snapshot:
    needs = {name: needed.fingerprint.training for name, needed in side.needs.items()}
    surroundings = Surroundings(project.folder, project.store.root, needs)
    return Snapshot(side.model, side.tree, surroundings, side.fingerprint)


def _loosened(old: str, new: str) -> bool:
    from ml_ci.gates.loosened import loosened

    try:
        return bool(loosened(parse(old), parse(new)))
    except ConditionError:
        return False
