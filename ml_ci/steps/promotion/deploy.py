"""Do the jobs after a promotion: once the model is champion, once for each time that it became it."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from ml_ci.digests import digest
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.forges.registry import build_of
from ml_ci.frozen import dataclass
from ml_ci.registry import deployments
from ml_ci.registry.history import list_tries
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import Event, RefusedError, Try, Version
from ml_ci.spec.values import JobSpec
from ml_ci.steps.opening.project import check_name, locate, open_project
from ml_ci.steps.planning.champion import find_location
from ml_ci.steps.promotion.alone import alone
from ml_ci.steps.promotion.carry_out import carry_out
from ml_ci.steps.promotion.default_file import DefaultFile, hold_to, read_default_file
from ml_ci.steps.promotion.kept_jobs import fetch_kept
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.values import Options, Project

Outcome: TypeAlias = Literal["done", "known", "failed", "due", "waits"]


@dataclass(frozen=True)
class Deployed:
    """What became of one job: done now or `known` to be done before, `failed`, `due` where nothing was to be done yet,
    or it `waits` for one before it that failed.

    `before` is the try by which an earlier version was deployed, `unknown` one that never said how it ended.
    """

    job: str
    version: Version
    outcome: Outcome
    at: Try | None = None
    failure: Failure | None = None
    before: Try | None = None
    unknown: Try | None = None
    branch: str = ""


Tell = Callable[[str], None]


def deploy_models(
    options: Options, names: tuple[str, ...], asked: Asked, tell: Tell, *, dry: bool = False, strict: bool = False
) -> Mapping[str, tuple[Deployed, ...]]:
    """Do what is due after the promotion of each model, or of all; `dry` only says what is due.

    RefusedError where the champion is none of ml-ci's, or somebody else may be at work. A job that fails is an outcome,
    and what needs it waits. `strict` has a name that no file declares be a UserError.
    """
    project = open_project(locate(options), options)
    file = read_default_file(project)
    for name in names:
        check_name(project.spec, name)
        if strict and name not in project.spec.models and (file is None or name not in file.spec.models):
            raise UserError(f"{project.spec.path} has no model `{name}`", hint=_say_models(project, file))
    if file is None:
        return dict.fromkeys(names, ())
    wanted = names or tuple(name for name in file.spec.models if file.list_jobs(name))
    held = hold_to(project, file)
    return {name: tuple(_deploy(held, file, name, asked, tell, dry=dry)) for name in wanted}


def _say_models(project: Project, file: DefaultFile | None) -> str:
    return f"Its models are: {', '.join((project if file is None else file).spec.models)}."


def _deploy(
    project: Project, file: DefaultFile, name: str, asked: Asked, tell: Tell, *, dry: bool
) -> Iterator[Deployed]:
    jobs = file.list_jobs(name)
    if not jobs:
        return
    with alone(project, name):
        registry = MlflowRegistry(find_location(project))
        move, version = deployments.find_move(registry, name)
        failed: set[str] = set()
        for job in jobs:
            found = _look(registry, file, job, move, version)
            if found.outcome == "due" and failed & file.spec.find_upstream(job):
                found = replace(found, outcome="waits")
            elif found.outcome == "due" and not dry:
                found = _do(project, registry, file, found, move, asked, tell)
            if found.outcome == "failed":
                failed.add(job)
            yield found


def _look(registry: MlflowRegistry, file: DefaultFile, job: str, move: Event, version: Version) -> Deployed:
    """Say where a job stands, by what the registry knows."""
    tries = list_tries(version.model, registry.tags(version.model))
    known, before = _name_deployment(move, job), deployments.find_deployed(tries, job)
    found = Deployed(
        job, version, "due", before=before, unknown=deployments.find_begun(tries, known), branch=file.branch
    )
    done = deployments.find_done(tries, known)
    return found if done is None else replace(found, outcome="known", at=done)


def _name_deployment(move: Event, job: str) -> str:
    """Name a deployment: every try of a job after the same move has the same name."""
    return digest([move.id, job])[:32]


def _do(
    project: Project,
    registry: MlflowRegistry,
    file: DefaultFile,
    found: Deployed,
    move: Event,
    asked: Asked,
    tell: Tell,
) -> Deployed:
    """Do one job, and write down how it ended; whatever stops it leaves a try that was begun."""
    model, job, version = found.version.model, file.spec.jobs[found.job], found.version
    take_over = "pending" in asked.allow
    with project.store.workplace() as work:
        try:
            kept = fetch_kept(project, registry, version, job, work)
        except StageFailed as error:
            return replace(found, outcome="failed", failure=error.failure)
        began: list[Try] = []

        def start() -> Mapping[str, str]:
            own = _begin(project, job, move, version, asked)
            unknown = deployments.begin(registry, model, own, datetime.now(UTC), take_over=take_over)
            began.append(own)
            if unknown is not None:
                tell(_say_again(model, unknown))
            return _list_facts(own, version, found.before, unknown)

        try:
            carry_out(project, file, job, kept, start)
        except RefusedError:
            raise
        except (StageFailed, UserError) as error:
            failure = _as_failure(error)
            ended = [deployments.end(registry, model, own, "failed", _now(), failure.message) for own in began]
            return replace(found, outcome="failed", at=ended[0] if ended else None, failure=failure)
        return replace(found, outcome="done", at=deployments.end(registry, model, began[0], "done", _now()))


def _begin(project: Project, job: JobSpec, move: Event, version: Version, asked: Asked) -> Try:
    now = datetime.now(UTC)
    return Try(
        id=uuid.uuid4().hex[:16],
        deployment=_name_deployment(move, job.name),
        job=job.name,
        move=move.id,
        version=version.version,
        begun=now.isoformat(timespec="seconds"),
        until=deployments.limit(now, job.budget.seconds),
        place=_name_place(project),
        by=asked.by,
        approved_by=asked.approved_by,
    )


def _name_place(project: Project) -> str:
    """Name where a job is begun: in CI the run, elsewhere the machine and the checkout, where one works at a time."""
    run = build_of(project.options.environment).run
    return f"run {run}" if run else f"{socket.gethostname()}:{project.store.root}"


def _list_facts(own: Try, version: Version, before: Try | None, unknown: Try | None) -> Mapping[str, str]:
    """Give the variables by which a job knows what it deploys, and whether it may have been deployed already."""
    return {
        "ML_CI_DEPLOYMENT": own.deployment,
        "ML_CI_MODEL": version.model,
        "ML_CI_VERSION": version.version,
        "ML_CI_COMMIT": version.commit or "",
        "ML_CI_REPLACES": "" if before is None else before.version,
        "ML_CI_BEGUN": "" if unknown is None else unknown.begun,
    }


def _say_again(model: str, unknown: Try) -> str:
    said = f"{model}: the job {unknown.job} was begun for v{unknown.version} at {unknown.begun} by {unknown.by}"
    return f"{said}, and never said how it ended: it is done again, and finds that in ML_CI_BEGUN"


def _as_failure(error: StageFailed | UserError) -> Failure:
    if isinstance(error, StageFailed):
        return error.failure
    return Failure("training", "deployment", error.message, error.hint)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
