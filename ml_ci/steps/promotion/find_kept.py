"""Find what the deployments of a model take, beside the model: what jobs made of it in this very run."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.plan.plan import TRAININGS
from ml_ci.records.record import Record
from ml_ci.registry.values import RefusedError
from ml_ci.spec.deployments import find_deployed
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.promotion import origins
from ml_ci.steps.promotion.origins import RUN
from ml_ci.steps.values import Project


def find_kept(project: Project, fingerprints: Fingerprints, name: str) -> Mapping[str, Record]:
    """Find the records of the jobs that the deployments of a model take.

    RefusedError where one is not here: what was not made, or did not pass, cannot be deployed.
    """
    found = {}
    for job in find_deployed(project.spec, name):
        side, _ = fingerprints.job(job)
        record = project.store.find(TRAININGS, side.fingerprint.training)
        if record is None:
            message = f"the record of the job `{job}`, which is deployed with `{name}`, is not here"
            raise RefusedError(message, hint=RUN)
        origins.check_origins(project, job, record)
        found[job] = record
    return found
