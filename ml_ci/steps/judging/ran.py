"""What the jobs of both sides ran on and warned of, as the record of their counts has it."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.plan.plan import COMPARISONS
from ml_ci.records.codec import unpack_if_fit
from ml_ci.steps.values import Project
from ml_ci.training.ran import Ran


def read_ran(project: Project, comparison: str) -> Mapping[str, Mapping[str, Ran]]:
    """Give it by side and job; nothing of jobs that a version did which did not look."""
    record = project.store.find(COMPARISONS, comparison)
    kept = {} if record is None else record.content.get("ran", {})
    return {side: _read(jobs) for side, jobs in kept.items()} if isinstance(kept, Mapping) else {}


def _read(jobs: object) -> Mapping[str, Ran]:
    found = {job: unpack_if_fit(Ran, ran) for job, ran in jobs.items()} if isinstance(jobs, Mapping) else {}
    return {job: ran for job, ran in found.items() if ran is not None}
