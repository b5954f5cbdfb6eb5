"""Find what the deployments of a model take, beside the model: what jobs made of that very model."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.plan.plan import TRAININGS
from ml_ci.records.files import digest_files
from ml_ci.records.record import Record
from ml_ci.registry.values import RefusedError
from ml_ci.spec.deployments import find_deployed
from ml_ci.spec.values import JobSpec
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.promotion import origins
from ml_ci.steps.promotion.origins import RUN
from ml_ci.steps.values import Made, Project
from ml_ci.steps.working.train import find_artifact


def find_kept(project: Project, fingerprints: Fingerprints, name: str, training: Record) -> Mapping[str, Record]:
    """Find the records of the jobs that the deployments of a model take; `training` is the one that passed.

    RefusedError where one is not here, or was made of another training's model: what was not made of the model that
    passed cannot be deployed with it.
    """
    made_of = digest_files(find_artifact(training))
    found = {}
    for job in find_deployed(project.spec, name):
        side, _ = fingerprints.job(job)
        found[job] = _find(project, name, side, made_of)
    return found


def _find(project: Project, name: str, side: Made, made_of: str) -> Record:
    """Find the record of a job, and hold it, and the jobs before it, to the model that passed."""
    job = side.model.name
    record = project.store.find(TRAININGS, side.fingerprint.training)
    if record is None:
        message = f"the record of the job `{job}`, which is deployed with `{name}`, is not here"
        raise RefusedError(message, hint=RUN)
    origins.check_origins(project, job, record)
    known = record.content.get("made_of", {}).get(name, made_of)
    if known != made_of:
        message = f"the job `{job}`, which is deployed with `{name}`, was made of another training of it than passed"
        raise RefusedError(message, hint=_TOGETHER.format(name, job))
    for needed in side.needs.values():
        if isinstance(needed.model, JobSpec) and name in project.spec.find_upstream(needed.model.name):
            _find(project, name, needed, made_of)
    return record


_TOGETHER = "Have both from one run, with one store: ml-ci run {} {}. Legs of a matrix train each for itself."
