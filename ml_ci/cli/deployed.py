"""What the commands that deploy share: do what is due after a promotion, say what became of it, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ml_ci.cli import registry
from ml_ci.reports.text import clean

if TYPE_CHECKING:
    from ml_ci.steps.promotion.deploy import Deployed
    from ml_ci.steps.promotion.offer import Asked
    from ml_ci.steps.values import Options

Found: TypeAlias = Mapping[str, "tuple[Deployed, ...]"]
NONE: Found = {}

option = click.option(
    "--deploy/--no-deploy",
    default=True,
    help="Do the jobs that are `after: promotion`, or leave them to `ml-ci deploy`.  [default: deploy]",
)


def deploy(options: Options, names: tuple[str, ...], asked: Asked, *, dry: bool = False, strict: bool = False) -> Found:
    """Do what is due; that something is done a second time is told at once."""
    from ml_ci.steps.promotion.deploy import deploy_models

    return registry.answered(lambda: deploy_models(options, names, asked, _tell, dry=dry, strict=strict))


def _tell(said: str) -> None:
    click.echo(said, err=True)


def say(found: Found, *, every: bool = False) -> int:
    """Say what became of each job, and give the exit code: 1 where one failed. `every` names models without any."""
    for model, jobs in found.items():
        if every and not jobs:
            click.echo(f"{clean(model)}: ml-ci.yaml of the default branch has no job after its promotion")
        for one in jobs:
            for line in _lines(model, one):
                click.echo(clean(line), err=one.outcome in _BAD)
    return code_of(found)


def code_of(found: Found) -> int:
    """Give the exit code: 1 where a job failed, or was not done since another failed."""
    return int(any(one.outcome in _BAD for jobs in found.values() for one in jobs))


def say_before(found: Found) -> None:
    """Say what is deployed of what is due: nothing of it is undone silently."""
    for model, jobs in found.items():
        for one in jobs:
            if one.outcome == "due":
                kept = "nothing that is known of" if one.before is None else f"v{one.before.version}"
                since = "" if one.before is None else f", done {_when(one.before.ended)} by {one.before.by}"
                click.echo(clean(f"{model}: deployed by {one.job} is {kept}{since}"))


def _lines(model: str, one: Deployed) -> Iterator[str]:
    named = f"{model}: {one.job}"
    if one.outcome == "done":
        before = one.before.version if one.before is not None else None
        place = "" if before in (None, one.version.version) else f", in place of v{before}"
        yield f"{named} done for {one.version.named}{place}"
    elif one.outcome == "known" and one.at is not None:
        yield f"{named} was done for {one.version.named} at {_when(one.at.ended)} by {one.at.by}: nothing to do"
    elif one.outcome == "due":
        again = "" if one.unknown is None else f"; begun at {_when(one.unknown.begun)}, it never said how it ended"
        yield f"{named} is due for {one.version.named}{again}"
    elif one.outcome == "waits":
        yield f"{named} was not done for {one.version.named}: a job that it needs failed"
    elif one.failure is not None:
        yield from _failed(named, model, one)


def _failed(named: str, model: str, one: Deployed) -> Iterator[str]:
    failure = one.failure
    assert failure is not None, "a job that failed says why"  # noqa: S101
    yield f"{named} failed for {one.version.named}: {failure.message}"
    yield from (f"  | {line}" for line in failure.log_tail.splitlines()[-_MOST_LINES:])
    if failure.hint:
        yield failure.hint
    kept = "nothing is known to be deployed" if one.before is None else f"v{one.before.version} was deployed before"
    yield f"{model} stays {one.version.named}, and {kept}. To try again: ml-ci deploy {model}"


def _when(time: str | None) -> str:
    return (time or "")[:16].replace("T", " ")


def as_json(found: Found) -> dict[str, list[dict[str, Any]]]:
    """Give what became of each job as builtin types, by model."""
    return {model: [_one(one) for one in jobs] for model, jobs in found.items()}


def _one(one: Deployed) -> dict[str, Any]:
    from ml_ci.records.codec import pack

    return {
        "job": one.job,
        "version": one.version.version,
        "outcome": one.outcome,
        "at": None if one.at is None else pack(one.at),
        "failure": None if one.failure is None else pack(one.failure),
        "before": None if one.before is None else one.before.version,
        "begun": None if one.unknown is None else one.unknown.begun,
        "branch": one.branch,
    }


_MOST_LINES, _BAD = 15, ("failed", "waits")
