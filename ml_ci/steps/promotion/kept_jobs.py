"""What a deployment takes is kept with the version: the model that passed, and what jobs made of that very model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.files import digest_files
from ml_ci.records.record import DamagedRecordError, Record, glance
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import ARTIFACT, JOBS, NoAnswerError, Version
from ml_ci.spec.values import JobSpec
from ml_ci.steps.promotion.offer_files import JOBS as FOLDER
from ml_ci.steps.values import Project
from ml_ci.steps.working.train import find_outputs


def digest_outputs(kept: Mapping[str, Record]) -> str:
    """Digest what each job left, for the version's tags; "" for one that leaves nothing."""
    return json.dumps({job: digest_files(find_outputs(record)) for job, record in kept.items()}, sort_keys=True)


def fetch_kept(
    project: Project, registry: MlflowRegistry, version: Version, job: JobSpec, work: Path
) -> Mapping[str, Path]:
    """Bring what a deployment takes of a version: by name the model's file or folder, or that of a job's files.

    StageFailed where the version lacks it, or the registry holds something else than was promoted.
    """
    if not version.ours:
        raise _fail(f"{version.named} of {version.model} was not promoted by ml-ci: nothing of it was tested")
    found = dict(_fetch_jobs(project, registry, version, job, work))
    if version.model in job.needs:
        model = _fetch_model(registry, version, work / "model")
        if model is not None:
            found[version.model] = model
    return found


def _fetch_model(registry: MlflowRegistry, version: Version, work: Path) -> Path | None:
    work.mkdir()
    folder = registry.download(version, "record", work)
    try:
        name = glance(folder, TRAININGS, version.training or "").content["artifact"] or ""
    except (DamagedRecordError, KeyError) as error:
        raise _fail(f"what the registry holds of {version.named} is not what was promoted: {error}") from None
    model = folder / name if name else None
    if digest_files(model) != version.tags.get(ARTIFACT, ""):
        raise _fail(f"the model of {version.named} in the registry is not what was promoted")
    return model


def _fetch_jobs(
    project: Project, registry: MlflowRegistry, version: Version, job: JobSpec, work: Path
) -> Iterator[tuple[str, Path]]:
    digests = _read_digests(version)
    for name in job.upstream:
        if name not in project.spec.jobs or name in project.spec.deployments:
            continue
        if name not in digests:
            said = f"{version.named} of {version.model} has nothing of the job {name}, which {job.name} takes"
            raise _fail(f"{said}: no deployment took it when it was promoted", _ANEW.format(version.model))
        if digests[name]:
            yield name, _fetch(registry, version, name, digests[name], work)


def _fetch(registry: MlflowRegistry, version: Version, name: str, known: str, work: Path) -> Path:
    try:
        found = registry.download(version, f"{FOLDER}/{name}", work)
    except NoAnswerError as error:
        raise _fail(f"{error.message} (the files of the job {name} of {version.named})", error.hint) from None
    if digest_files(found) != known:
        raise _fail(f"what the registry holds of the job {name} of {version.named} is not what was promoted")
    return found


def _read_digests(version: Version) -> Mapping[str, str]:
    try:
        said = json.loads(version.tags.get(JOBS, "{}"))
        return {str(name): str(known) for name, known in said.items()}
    except (ValueError, AttributeError):
        raise _fail(f"the tags of {version.model} v{version.version} are damaged") from None


def _fail(message: str, hint: str = "Promote another version.") -> StageFailed:
    return StageFailed(Failure("registry", "nothing-to-deploy", message, hint))


_ANEW = "Change the model and promote it anew, or go back: ml-ci rollback {}"
