"""Tell which jobs a run would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ml_ci.changes.values import Change
from ml_ci.plan.graph import below
from ml_ci.plan.plan import TRAININGS
from ml_ci.plan.values import JobAction, JobPlan, ModelPlan
from ml_ci.steps.opening.project import select_jobs
from ml_ci.steps.planning.failures import find_lasting_failure
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Made, Project

_NO_RESULT = "nothing that is declared changed, and the store has no result of this job yet"
_NEW = "new job: there is nothing to compare it with"


def explain_jobs(
    project: Project, fingerprints: Fingerprints, models: Mapping[str, ModelPlan]
) -> Mapping[str, JobPlan]:
    """Give the plan of the checks, and of every job that something planned builds on, in the file's order."""
    checks = select_jobs(project)
    needs = {name: node.upstream for name, node in project.spec.nodes.items()}
    told = frozenset(checks).union(*(below(name, needs) for name in (*models, *checks)))
    wanted = {
        job
        for name, one in models.items()
        if one.action == "train"
        for job in _find_undone(project, fingerprints.candidate(name))
    }
    for name in checks:
        side = fingerprints.job(name)[0]
        if not project.store.has(TRAININGS, side.fingerprint.training):
            wanted |= {name, *_find_undone(project, side)}
    return {name: _explain(project, fingerprints, name, wanted) for name in project.spec.jobs if name in told}


def _find_undone(project: Project, made: Made) -> Iterator[str]:
    """Name what has to be made before this one, if it has to be made itself."""
    if project.store.has(TRAININGS, made.fingerprint.training):
        return
    for name, needed in made.needs.items():
        if not project.store.has(TRAININGS, needed.fingerprint.training):
            yield name
            yield from _find_undone(project, needed)


def _explain(project: Project, fingerprints: Fingerprints, name: str, wanted: set[str]) -> JobPlan:
    candidate, before = fingerprints.job(name)
    action: JobAction = "run" if name in wanted else "reuse"
    changes = describe_job(project, before, candidate)
    if action == "run" and not changes:
        changes = (Change("records", _NO_RESULT),)
    failure = find_lasting_failure(project, candidate)
    known = () if failure is None else (f"{failure.message}. {failure.hint}",)
    source = "" if before is None or before.commit is None else before.commit[:7]
    return JobPlan(action, changes, source, (*known, *candidate.fingerprint.warnings), name in project.spec.checks)


def describe_job(project: Project, before: Made | None, candidate: Made) -> tuple[Change, ...]:
    """Say what changed of a job; of one of which nothing did, nothing is read."""
    if before is None:
        return (Change("job", _NEW),)
    if before.fingerprint.parts == candidate.fingerprint.parts:
        return ()
    from ml_ci.steps.telling.describe import describe_between

    return describe_between(project, before, candidate)
