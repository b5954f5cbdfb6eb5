"""Tell which jobs a run would do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ml_ci.changes.values import Change
from ml_ci.frozen import dataclass
from ml_ci.plan.graph import below
from ml_ci.plan.plan import TRAININGS
from ml_ci.plan.values import JobPlan, ModelPlan, PlannedAction
from ml_ci.spec.deployments import find_deployments_of, find_promoted
from ml_ci.spec.values import StageJob
from ml_ci.steps.opening.project import select_jobs
from ml_ci.steps.planning.failures import find_lasting_failure
from ml_ci.steps.planning.resources import say_resources
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Made, Project

_NO_RESULT = "nothing that is declared changed, and the store has no result of this job yet"
_NEW = "new job: there is nothing to compare it with"


def explain_jobs(
    project: Project, fingerprints: Fingerprints, models: Mapping[str, ModelPlan]
) -> Mapping[str, JobPlan]:
    """Give the plan of the checks, of every job that something planned builds on, and of those after the promotion of a
    planned model, in the file's order.
    """
    checks = select_jobs(project)
    needs = {name: node.upstream for name, node in project.spec.nodes.items()}
    after = [job for name in models for job in find_deployments_of(project.spec, name)]
    told = frozenset((*checks, *after)).union(*(below(name, needs) for name in (*models, *checks)))
    looking = _Looking(project, _find_kept(project, fingerprints, told))
    wanted = {
        job
        for name, one in models.items()
        if one.action == "train"
        for job in looking.undone(fingerprints.candidate(name))
    }
    for name in checks:
        side = fingerprints.job(name)[0]
        if not looking.is_done(side):
            wanted |= {name, *looking.undone(side)}
    return {name: _explain(project, fingerprints, name, wanted) for name in project.spec.jobs if name in told}


def _find_kept(project: Project, fingerprints: Fingerprints, names: Collection[str]) -> frozenset[str]:
    """Give what is declared of the stages whose results DVC kept, as they are here or as they were before."""
    stages = [name for name, job in project.spec.jobs.items() if name in names and isinstance(job.job, StageJob)]
    if not stages:
        return frozenset()
    # As for `work`: without a stage nobody waits for what reads DVC's files.
    from ml_ci.steps.planning.dvc_kept import DvcKept

    kept = DvcKept(project)
    sides = [side for name in stages for side in fingerprints.job(name) if side is not None]
    return frozenset(side.fingerprint.manifest for side in sides if kept.is_at_hand(side))


@dataclass(frozen=True)
class _Looking:
    """Look for what is done already: in the store, or `kept` by DVC."""

    project: Project
    kept: frozenset[str]

    def is_done(self, made: Made) -> bool:
        known = self.project.store.has(TRAININGS, made.fingerprint.training)
        return known or made.fingerprint.manifest in self.kept

    def undone(self, made: Made) -> Iterator[str]:
        """Name what has to be made before this one, if it has to be made itself."""
        if self.is_done(made):
            return
        for name, needed in made.needs.items():
            if not self.is_done(needed):
                yield name
                yield from self.undone(needed)


def _explain(project: Project, fingerprints: Fingerprints, name: str, wanted: set[str]) -> JobPlan:
    candidate, before = fingerprints.job(name)
    action: PlannedAction = "run" if name in wanted else "reuse"
    changes = describe_job(project, before, candidate)
    if name in project.spec.deployments:
        model = find_promoted(project.spec, name)
        note = (
            f"no run does it: ml-ci promote {model} does, once {model} is champion, as the default branch declares it"
        )
        return JobPlan("after promotion", changes, _name(before), (note,))
    if action == "run" and not changes:
        changes = (Change("records", _NO_RESULT),)
    failure = find_lasting_failure(project, candidate)
    known = () if failure is None else (f"{failure.message}. {failure.hint}",)
    kept = _explain_kept(project, candidate, is_run=action == "run")
    notes = (*known, *kept, *candidate.fingerprint.warnings, *say_resources(project, candidate.model))
    return JobPlan(action, changes, _name(before), notes, name in project.spec.checks, candidate.model.resources)


def _explain_kept(project: Project, candidate: Made, *, is_run: bool) -> Iterator[str]:
    """Say what DVC has to do with whether a stage is run; nothing of any other job."""
    if isinstance(candidate.model.job, StageJob):
        from ml_ci.steps.planning.dvc_kept import DvcKept

        yield from DvcKept(project).explain(candidate, is_run=is_run)


def _name(before: Made | None) -> str:
    """Name what a job is compared with by its commit; "" without one."""
    return "" if before is None or before.commit is None else before.commit[:7]


def describe_job(project: Project, before: Made | None, candidate: Made) -> tuple[Change, ...]:
    """Say what changed of a job; of one of which nothing did, nothing is read."""
    if before is None:
        return (Change("job", _NEW),)
    if before.fingerprint.parts == candidate.fingerprint.parts:
        return ()
    from ml_ci.steps.telling.describe import describe_between

    return describe_between(project, before, candidate)
