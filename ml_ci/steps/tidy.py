"""Keep the store within its limit after a run."""

from __future__ import annotations

from ml_ci.errors import StageFailed, UserError
from ml_ci.records.evict import LIMIT, evict, stored
from ml_ci.steps.needed import needed
from ml_ci.steps.sides import Fingerprints
from ml_ci.steps.values import Project


def tidy(project: Project, fingerprints: Fingerprints, limit: int = LIMIT) -> None:
    """Remove the longest unused records when the store outgrew `limit` bytes; none that the comparisons here need."""
    if sum(record.size for record in stored(project.store)) <= limit:
        return
    try:
        keep = needed(project, fingerprints)
    except (UserError, StageFailed):
        return  # what is needed is not known: nothing is removed
    evict(project.store, keep, limit=limit)
