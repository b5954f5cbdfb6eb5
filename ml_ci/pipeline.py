"""The way of a model through the stages, in order. Read this first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Event

from ml_ci.errors import StageFailed, UserError
from ml_ci.plan.plan import Plan, with_keys
from ml_ci.plan.values import ModelPlan
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.clock import Clock
from ml_ci.steps.journal import Journal
from ml_ci.steps.keeping.send import send
from ml_ci.steps.keeping.sweep import sweep
from ml_ci.steps.keeping.tidy import tidy
from ml_ci.steps.opening.project import locate, open_project, selected
from ml_ci.steps.planning.blame import on_sides
from ml_ci.steps.planning.decide import planned, recorded
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.outcome import finished, report, unusable
from ml_ci.steps.telling.publish import publish, withdraw
from ml_ci.steps.values import Options, Project, Sides
from ml_ci.steps.working.side_by_side import side_by_side, stoppable


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
        from ml_ci.steps.telling.not_judged import not_judged  # a failure takes its time: nothing of it is read before

        return not_judged(project, fingerprints, name, error, clock)
    finally:
        send(project)


def judge_sides(project: Project, sides: Sides, clock: Clock) -> ModelReport:
    """Judge one side against the other; BaselineFailed when the other cannot be had, StageFailed for any failure."""
    with clock("plan"):
        plan = planned(project, sides)
        verdict = recorded(project, plan)
    if verdict is None:
        done = work(project, sides, clock)
        verdict, sides, plan = done.judged, done.sides, done.plan
    return finished(project, sides, plan, verdict, clock.seconds)


@dataclass(frozen=True)
class Work:
    """A verdict, with both sides and the plan as the work left them: what the jobs read was known only then."""

    judged: Judged
    sides: Sides
    plan: Plan


def work(project: Project, sides: Sides, clock: Clock) -> Work:
    """Train, score, compare and judge what no record answers; every result is kept as it comes.

    The stages that train and count are imported here and nowhere above: where a record answers, nobody waits for them.
    """
    from ml_ci.steps.judging.judge import judged, prepared
    from ml_ci.steps.telling.describe import described
    from ml_ci.steps.working.compare import count_both, kept_comparison
    from ml_ci.steps.working.score import both_scored
    from ml_ci.steps.working.seeds import over_seeds
    from ml_ci.steps.working.train import both_trained
    from ml_ci.steps.working.workshop import workshop

    with workshop(project, sides) as shop:
        with clock("plan"):
            plan = planned(project, sides, verify=True)  # a damaged record is no record
            before = prepared(shop, plan)
        with clock("train"):
            both_trained(shop, plan)
        with clock("evaluate"):
            comparison = kept_comparison(shop, plan) or count_both(shop, both_scored(shop, plan))
        with clock("train"):
            comparison = over_seeds(project, shop.sides, comparison)
        with clock("plan"):
            shop.resolve()
            plan = with_keys(plan, planned(project, shop.sides))
            changes = described(project, shop.sides)
        with clock("gate"):
            verdict = judged(shop, plan, comparison, changes, before)
        return Work(verdict, shop.sides, plan)


def plan(options: Options) -> Mapping[str, ModelPlan]:
    """Say for each model what `run` would do, and why; nothing is trained, scored or imported from the project."""
    from ml_ci.steps.telling.explain_plan import told

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return {name: told(project, fingerprints, name) for name in selected(project)}
