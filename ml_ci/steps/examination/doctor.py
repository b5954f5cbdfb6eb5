"""Examine a project: a list of checks, each of which finds something out and says it."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import StageFailed, UserError
from ml_ci.steps.examination.checks import check_set_up
from ml_ci.steps.examination.determinism import train_twice
from ml_ci.steps.examination.values import Check, Finding
from ml_ci.steps.judging.beforehand import look_beforehand
from ml_ci.steps.opening.project import locate, open_project, select_models
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.unsteady import describe_repeated
from ml_ci.steps.values import Options, Project, Sides


def examine_project(options: Options, *, determinism: bool) -> tuple[Finding, ...]:
    """Run the checks in order; a project that cannot be opened is a finding, not an exception."""
    try:
        project = open_project(locate(options), options)
    except UserError as error:
        return (Finding("configuration", False, error.message, error.hint, mistake=True),)
    checks = (*CHECKS, check_set_up, check_tables, *((check_determinism,) if determinism else ()))
    return tuple(finding for check in checks for finding in check(project))


def check_configuration(project: Project) -> Iterator[Finding]:
    """Say that ml-ci.yaml was read."""
    names = ", ".join(project.spec.models)
    yield Finding("configuration", True, f"{project.spec.path} is right: {names}")


def check_repository(project: Project) -> Iterator[Finding]:
    """Say whether there is a commit to compare with."""
    if project.head is None:
        yield Finding("git", True, "the repository has no commit yet", "Commit: the baseline is one of its commits.")
    else:
        yield Finding("git", True, f"at commit {project.head[:7]}{', with changes' if project.dirty else ''}")


def check_tables(project: Project) -> Iterator[Finding]:
    """Say which tables hold rows of the holdout or differ from it; of what cannot be read here other checks tell."""
    fingerprints = Fingerprints(project)
    for name in select_models(project):
        try:
            cautions, notes = look_beforehand(project, _sides(fingerprints, name))
        except (StageFailed, UserError):
            continue
        for said in (*cautions, *notes):
            message, _, hint = said.partition(": ")
            yield Finding(f"{name}: holdout", True, message, hint)


def _sides(fingerprints: Fingerprints, name: str) -> Sides:
    """Give both sides, or the candidate alone where the baseline cannot be had."""
    try:
        return fingerprints.sides(name)
    except (StageFailed, UserError):
        return Sides(fingerprints.candidate(name), None, None, "")


def check_determinism(project: Project) -> Iterator[Finding]:
    """Train every model a second time from the same inputs, and say whether the two predict the same."""
    fingerprints = Fingerprints(project)
    for name in select_models(project):
        try:
            found = train_twice(project, fingerprints.sides(name))
        except StageFailed as error:
            yield Finding("determinism", False, f"{name}: {error.failure.message}", error.failure.hint)
            continue
        hint = "" if found.identical else "Fix every seed in the job, or judge the procedure: `seeds: 5`."
        yield Finding("determinism", found.identical, f"{name}: {describe_repeated(found)}", hint)


CHECKS: tuple[Check, ...] = (check_configuration, check_repository)
