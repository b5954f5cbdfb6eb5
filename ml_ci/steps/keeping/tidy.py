"""Keep the store within its limit after a run."""

from __future__ import annotations

from ml_ci.errors import StageFailed, UserError
from ml_ci.records.prune import LIMIT, list_stored, prune
from ml_ci.steps.keeping.needed import list_needed
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project


def tidy(project: Project, fingerprints: Fingerprints, limit: int = LIMIT) -> None:
    """Remove the longest unused records where this run made the store outgrow `limit` bytes; none that is needed."""
    if not project.store.kept or sum(record.size for record in list_stored(project.store)) <= limit:
        return
    try:
        keep = list_needed(project, fingerprints)
    except (UserError, StageFailed):
        return  # what is needed is not known: nothing is removed
    prune(project.store, keep, limit=limit)
