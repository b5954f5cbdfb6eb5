"""Remember trainings that failed by their own fault: what depends on nothing else is not tried again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml_ci.errors import Failure
from ml_ci.forges.registry import build_of
from ml_ci.plan.plan import FAILURES, TRAININGS
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.records.manifests import pack_entries
from ml_ci.spec.values import JobSpec
from ml_ci.steps.planning.reads import enter_training
from ml_ci.steps.values import Made, Project
from ml_ci.training import left
from ml_ci.training.values import JobFailed

NEEDS_FAILED = "needs-failed"
_LOG = "job.log"


def find_failure(project: Project, side: Made) -> Failure | None:
    """Give what made a side's training fail in this run, or in one that remembered it; None where it is to be tried.

    A run that tries again believes only what it saw itself.
    """
    now = _find_failure_now(project, side)
    if now is not None or say_why_retried(project) is not None:
        return now
    record = project.store.find(FAILURES, side.fingerprint.training)
    found = None if record is None else unpack_if_fit(Failure, record.content.get("failure"))
    if found is None or not found.lasting:
        return None
    return replace(found, hint=f"{found.hint} {_NOT_TRIED}".strip())


def forget_failure(project: Project, side: Made) -> None:
    """Forget a failure whose training is tried again, and say so."""
    why, key = say_why_retried(project), side.fingerprint.training
    if why is None or not project.store.holds(FAILURES, key):
        return
    project.store.drop(FAILURES, key)
    said = f"training the {side.name} failed before from the same inputs, and is tried again ({why})"
    project.options.progress.note(side.model.name, said)
    project.journal.note(said)


_NOT_TRIED = (
    "It failed so before, from the same inputs, and was not tried again. Where the machine was to blame: "
    "ml-ci run --retry."
)


def remember_failure(project: Project, side: Made, error: JobFailed, log: Path) -> Failure:
    """Keep a failure that lasts as a record of its own kind, found by what the job was seen to read until then."""
    from ml_ci.training.lasting import lasts  # only where something failed

    if error.lacks or not lasts(error.failure, side.tree.files()):
        return error.failure
    lasting = replace(error.failure, lasting=True)
    found, entry = enter_training(project, side, error.reads)
    with project.store.draft() as draft:
        left.copy(log, draft / _LOG)
        content = {
            "model": side.model.name,
            "commit": side.commit or project.head,
            "dirty": side.commit is None and project.dirty,
            "parts": dict(found.parts),
            "reads": pack_entries([entry]),
            "failure": pack(lasting),
        }
        project.store.keep(draft, FAILURES, found.training, content)
    project.failed[found.training] = lasting
    return lasting


def note_failure(project: Project, side: Made, failure: Failure) -> None:
    """Let nobody try a side again in this run: two models may build on the same one."""
    project.failed[_here(side)] = failure


def _find_failure_now(project: Project, side: Made) -> Failure | None:
    return project.failed.get(side.fingerprint.training) or project.failed.get(_here(side))


def _here(side: Made) -> str:
    """Name a side of which it is not known yet what its training reads."""
    return f"{side.fingerprint.training}@{side.commit}"


def find_lasting_failure(project: Project, side: Made) -> Failure | None:
    """Give the lasting failure of a side that is known already, its own or that of a model which it needs."""
    key = side.fingerprint.training
    if _find_failure_now(project, side) or project.store.holds(FAILURES, key):  # a look at the disk: most never failed
        failure = None if project.store.has(TRAININGS, key) else find_failure(project, side)
        return failure if failure is not None and failure.lasting else None
    for needed in side.needs.values():
        failure = find_lasting_failure(project, needed)
        if failure is not None and not project.store.has(TRAININGS, key):
            return blame_needed(needed, failure)
    return None


def blame_needed(needed: Made, failure: Failure) -> Failure:
    """Say of a failure that it is of a model which another one needs; once, however deep."""
    if failure.code == NEEDS_FAILED:
        return failure
    said = f"`{needed.model.name}`, which this model needs, could not be trained"
    if isinstance(needed.model, JobSpec):
        said = f"the job `{needed.model.name}`, which this one builds on, failed"
    message = f"{said} ({needed.name}): {failure.message}"
    hint = failure.hint
    if failure.code == "no-output" and needed.model.line is not None and needed.commit is None:
        hint = f"{hint} `{needed.model.name}` declares what it leaves from line {needed.model.line} on.".strip()
    return replace(failure, code=NEEDS_FAILED, message=message, hint=hint)


def say_why_retried(project: Project) -> str | None:
    """Say why trainings that failed before are tried again; None where they are not."""
    if project.options.retry:
        return "--retry"
    attempt = build_of(project.options.environment).attempt
    return f"attempt {attempt} of the workflow" if attempt > 1 else None
