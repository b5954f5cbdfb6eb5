"""The stages in order. Read this first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from ml_ci.errors import StageFailed, UserError
from ml_ci.gates.values import GateResult
from ml_ci.plan.values import ModelPlan
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.blame import on_sides
from ml_ci.steps.clock import Clock
from ml_ci.steps.decide import planned, recorded
from ml_ci.steps.journal import Journal
from ml_ci.steps.outcome import finished, report, unusable
from ml_ci.steps.project import locate, open_project, selected
from ml_ci.steps.publish import publish, withdraw
from ml_ci.steps.side_by_side import side_by_side, stoppable
from ml_ci.steps.sides import Fingerprints
from ml_ci.steps.sweep import sweep
from ml_ci.steps.values import Options, Project, Sides

if TYPE_CHECKING:
    from ml_ci.bisect.values import Found
    from ml_ci.explain.values import Explanation
    from ml_ci.gates.ledger import Ledger
    from ml_ci.gates.planning import Power
    from ml_ci.steps.causes.bisect import Search
    from ml_ci.steps.causes.explain import Ask
    from ml_ci.steps.examination.values import Finding
    from ml_ci.steps.rows import Scored


def run(options: Options) -> Report:
    """Judge every model that is asked for, and leave `.ml_ci/report.json`.

    UserError for the user's mistakes; a job that fails, or a gate that does not pass, is a verdict in the report.
    """
    config = locate(options)
    withdraw(config.parent)
    try:
        project, stop = stoppable(open_project(config, options))
        sweep(project)
        fingerprints = Fingerprints(project)
        models = judge_all(project, fingerprints, stop)
    except UserError as error:
        publish(config.parent, unusable(error, options.environment))
        raise
    done = report(project, fingerprints.base_commit, models)
    publish(config.parent, done)
    if project.store.kept:
        from ml_ci.steps.tidy import tidy

        tidy(project, fingerprints)
    return done


def judge_all(project: Project, fingerprints: Fingerprints, stop: Event) -> Mapping[str, ModelReport]:
    """Judge the models that are asked for, `jobs` at a time, each behind those that it builds on; in the file's order.

    A model whose training fails makes those that build on it `error`; the others go on.
    """
    names = selected(project)
    needs = {name: model.needs for name, model in project.spec.models.items()}
    jobs = project.options.jobs
    with project.copies.held():
        done = side_by_side(names, needs, lambda name: judge_model(project, fingerprints, name), jobs, stop)
    return {name: done[name] for name in names}


def judge_model(project: Project, fingerprints: Fingerprints, name: str) -> ModelReport:
    """Take one model through the stages; what a record answers is not done again."""
    project, clock = replace(project, journal=Journal()), Clock()
    try:
        find = clock("plan")(lambda: fingerprints.sides(name))
        return on_sides(find, lambda sides: judge_sides(project, sides, clock))
    except StageFailed as error:
        from ml_ci.steps.not_judged import not_judged

        return not_judged(project, fingerprints, name, error, clock)


def judge_sides(project: Project, sides: Sides, clock: Clock) -> ModelReport:
    """Judge one side against the other; BaselineFailed when the other cannot be had, StageFailed for any failure."""
    with clock("plan"):
        plan = planned(project, sides)
        verdict = recorded(project, plan)
    if verdict is None:
        # The stages that count and train are imported only when no record answers.
        from ml_ci.steps.work import worked

        # What the work builds on is verified first: a damaged record is no record.
        plan = planned(project, sides, verify=True)
        done = worked(project, sides, plan, clock)
        verdict, sides, plan = done.judged, done.sides, done.plan
    return finished(project, sides, plan, verdict, clock.seconds)


def plan(options: Options) -> Mapping[str, ModelPlan]:
    """Say for each model what `run` would do, and why; nothing is trained, scored or imported from the project."""
    from ml_ci.steps.explain_plan import told

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return {name: told(project, fingerprints, name) for name in selected(project)}


def explain(options: Options, ask: Ask) -> tuple[Explanation, ...]:
    """Say of each model with a gate that does not hold which of several changes did how much of it.

    What no record answers is judged first; then mixtures of old and new parts are trained, cached like any other.
    """
    from ml_ci.steps.causes.explain import explained

    project, stop = stoppable(open_project(locate(options), options))
    fingerprints = Fingerprints(project)
    reports = judge_all(project, fingerprints, stop)
    return tuple(explained(project, fingerprints, name, report, ask) for name, report in reports.items())


def bisect(options: Options, name: str, search: Search) -> Found:
    """Find the first commit at which a gate of the model no longer holds; UserError when there is none to find."""
    from ml_ci.steps.causes.bisect import bisected

    project, _ = stoppable(open_project(locate(options), options))
    return bisected(project, Fingerprints(project), name, search)


def power(options: Options, margin: float | None = None) -> tuple[Power, ...]:
    """Say what the holdouts can prove; only their labels are read, and nothing is trained."""
    from ml_ci.steps.examination.power import power

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return tuple(power(project, fingerprints, name, margin) for name in selected(project))


def ledgers(options: Options) -> tuple[Ledger, ...]:
    """Give the ledgers of the store that hold a look at a model that is asked for, the latest last."""
    from ml_ci.records.ledgers import Ledgers

    project = open_project(locate(options), options)
    wanted = set(selected(project))
    found = Ledgers(project.store)
    found.bring()
    return tuple(one for one in found.all() if any(look.pair.model in wanted for look in one.looks))


def examine(options: Options, *, determinism: bool = False) -> tuple[Finding, ...]:
    """Check the set-up; with `determinism` each model is trained a second time and the two are compared."""
    from ml_ci.steps.examination.doctor import examined

    return examined(options, determinism=determinism)


def scored(options: Options, name: str) -> Scored:
    """Give the holdout's rows with what candidate and baseline predicted for each, for a test of the user's own.

    What no record answers is trained and scored. StageFailed when a job fails, UserError for the user's mistakes.
    """
    from ml_ci.steps.rows import rows

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return on_sides(lambda: fingerprints.sides(name), lambda sides: rows(project, sides))


def judge_more(options: Options, name: str, conditions: tuple[str, ...]) -> tuple[GateResult, ...]:
    """Judge further gates of one model, as a test in Python states them; the model's policy holds for them too.

    ConditionError for what is no condition; otherwise as `scored`.
    """
    from ml_ci.steps.rows import judge_conditions

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return on_sides(lambda: fingerprints.sides(name), lambda sides: judge_conditions(project, sides, conditions))
