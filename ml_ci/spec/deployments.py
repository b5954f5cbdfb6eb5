"""Which jobs follow the promotion of which model."""

from __future__ import annotations

from ml_ci.spec.values import Spec


def find_deployments_of(spec: Spec, model: str) -> tuple[str, ...]:
    """Give the jobs that are done after the promotion of a model, in the file's order."""
    return tuple(job for job in spec.deployments if find_promoted(spec, job) == model)


def find_promoted(spec: Spec, job: str) -> str | None:
    """Name the model whose promotion a job follows: the one that it needs, or else that it builds on through others.

    None where there is none, or where several could be meant: the checks refuse such a file.
    """
    for found in (spec.jobs[job].upstream, spec.find_upstream(job)):
        models = [name for name in spec.models if name in found]
        if models:
            return models[0] if len(models) == 1 else None
    return None


def find_deployed(spec: Spec, model: str) -> tuple[str, ...]:
    """Give the jobs whose files the deployments of a model take: they are kept with each version of it."""
    taken = {name for job in find_deployments_of(spec, model) for name in spec.jobs[job].upstream}
    return tuple(name for name in spec.jobs if name in taken and name not in spec.deployments)
