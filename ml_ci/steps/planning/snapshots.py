"""Give a side to the stage `changes` as it needs it: tree, model, fingerprint and what no tree holds."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.surroundings import Surroundings
from ml_ci.steps.values import Made, Project


def find_surroundings(project: Project, needs: Mapping[str, Made]) -> Surroundings:
    """Say where a fingerprint finds what no tree holds; `needs` are the sides that it builds on, by name."""
    known = {name: needed.fingerprint for name, needed in needs.items()}
    return Surroundings(project.folder, project.store.root, known, shelf=project.shelf)


def make_snapshot(project: Project, side: Made) -> Snapshot:
    """Give a side with all that its description needs."""
    return Snapshot(side.model, side.tree, find_surroundings(project, side.needs), side.declared)
