"""Remove what killed runs left."""

from __future__ import annotations

from ml_ci.steps.values import Project


def sweep(project: Project) -> None:
    """Remove the workplaces of runs that are no more, and git's memory of their checkouts."""
    if not project.store.busy:
        return
    abandoned = list(project.store.find_abandoned())
    if abandoned:
        project.repository.prune_worktrees()
