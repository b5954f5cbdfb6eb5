"""Examine a project: a list of checks, each of which finds something out and says it."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.examination.checks import check_set_up
from ml_ci.steps.examination.determinism import score_twice, train_twice
from ml_ci.steps.examination.values import Check, Finding
from ml_ci.steps.judging.beforehand import look_beforehand
from ml_ci.steps.opening.project import locate, open_project, select_models
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.unsteady import (
    Repeated,
    advise_scoring,
    describe_repeated,
    describe_rescored,
    is_spread_judged,
)
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
    """Score with every model, and train it, a second time from the same inputs: say whether both predict the same."""
    fingerprints = Fingerprints(project)
    for name in select_models(project):
        try:
            sides = fingerprints.sides(name)
            scored = score_twice(project, sides)
            if scored is not None:
                yield _of_scoring(sides.candidate.model, scored)
            yield _of_training(sides.candidate.model, train_twice(project, sides), scored)
        except StageFailed as error:
            yield Finding("determinism", False, f"{name}: {error.failure.message}", error.failure.hint)


def _of_scoring(model: ModelSpec, found: Repeated) -> Finding:
    said = f"{model.name}: {describe_rescored(found)}"
    if found.identical:
        return Finding("scoring", True, said)
    if is_spread_judged(model):
        several = f"{model.seeds} seeds" if model.seeds > 1 else f"{model.repeats} repetitions"
        return Finding("scoring", True, f"{said}; it is judged by the spread of {several}")
    return Finding("scoring", False, said, advise_scoring(model))


def _of_training(model: ModelSpec, found: Repeated, scored: Repeated | None) -> Finding:
    said = f"{model.name}: {describe_repeated(found)}"
    if found.identical:
        return Finding("determinism", True, said)
    if scored is not None and not scored.identical:
        why = "what scoring moves by itself hides whether its training gives the same model twice"
        return Finding("determinism", True, f"{model.name}: {why}; `seeds: 5` judges both together")
    if model.seeds > 1:
        return Finding("determinism", True, f"{said}; it is judged by the spread of {model.seeds} seeds")
    return Finding("determinism", False, said, "Fix every seed in the job, or judge the procedure: `seeds: 5`.")


CHECKS: tuple[Check, ...] = (check_configuration, check_repository)
