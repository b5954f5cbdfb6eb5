"""The way of a model through the stages, in order. Read this first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import TRAININGS, Plan, with_keys
from ml_ci.plan.values import ModelPlan, Plans
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.steps.clock import Clock
from ml_ci.steps.journal import Journal
from ml_ci.steps.judging.ahead import Ahead, look_ahead
from ml_ci.steps.keeping.send import sending
from ml_ci.steps.keeping.sweep import sweep
from ml_ci.steps.keeping.tidy import tidy
from ml_ci.steps.opening.project import locate, open_project, select_jobs, select_models
from ml_ci.steps.planning.blame import on_sides
from ml_ci.steps.planning.decide import find_verdict, plan_work
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.explain_jobs import describe_job, explain_jobs
from ml_ci.steps.telling.outcome import (
    MistakenError,
    failure_of,
    report_failed,
    report_judged,
    report_mistake,
    report_run,
)
from ml_ci.steps.telling.publish import publish, withdraw
from ml_ci.steps.telling.report_check import report_not_passed, report_passed
from ml_ci.steps.values import Options, Project, Sides
from ml_ci.steps.working.side_by_side import make_stoppable, work_side_by_side
from ml_ci.variables.masks import Mask

if TYPE_CHECKING:
    from ml_ci.reports.live.values import CanaryReport, WatchReport


def run(options: Options) -> Report:
    """Judge every model that is asked for, and leave `.ml_ci/report.json`.

    UserError for the user's mistakes; a job that fails, or a gate that does not pass, is a verdict in the report.
    """
    config = locate(options)
    withdraw(config.parent)
    try:
        project, stop = make_stoppable(open_project(config, options))
        sweep(project)
        fingerprints = Fingerprints(project)
        models, jobs, mistakes = do_all(project, fingerprints, stop)
    except UserError as error:
        publish(config.parent, report_mistake(error, options.environment))
        raise
    right = [name for name in (*models, *jobs) if name not in mistakes]
    done = report_run(project, fingerprints.base_commit, models, jobs, dirty=fingerprints.dirty(right))
    publish(config.parent, done)
    if mistakes:
        raise MistakenError(mistakes, done)
    tidy(project, fingerprints)
    return done


def judge_all(project: Project, fingerprints: Fingerprints, stop: Event) -> Mapping[str, ModelReport]:
    """Judge the models that are asked for, without the checks beside them; see `do_all`."""
    models, _, mistakes = do_all(project, fingerprints, stop, checks=False)
    for error in mistakes.values():
        raise error
    return models


def do_all(
    project: Project, fingerprints: Fingerprints, stop: Event, *, checks: bool = True
) -> tuple[Mapping[str, ModelReport], Mapping[str, JobReport], Mapping[str, UserError]]:
    """Judge the models that are asked for, and do the checks, as many at once as there are slots; in the file's order.

    Each stands behind what it builds on. What fails makes what builds on it `error`; the others go on. So they do where
    the user made a mistake in one of several: the mistakes are given by name, and raised where there is one model only.
    All models are looked at before the first job starts.
    """
    models, jobs = select_models(project), select_jobs(project) if checks else ()
    needs = {name: node.upstream for name, node in project.spec.nodes.items()}
    ahead = look_ahead(project, fingerprints, models) if len(models) + len(jobs) > 1 else Ahead()

    def work_on(name: str) -> ModelReport | JobReport:
        try:
            if name in ahead.mistakes:
                raise ahead.mistakes[name]
            if name in jobs:
                return do_job(project, fingerprints, name)
            return judge_model(project, fingerprints, name, ahead)
        except UserError as error:
            if len(models) + len(jobs) == 1:
                raise
            ahead.mistakes[name] = error
            return _report_mistaken(project, name, error)

    with project.copies.held():
        done = work_side_by_side(project, ahead.sort((*models, *jobs)), needs, work_on, stop)
    mistakes = {name: ahead.mistakes[name] for name in (*models, *jobs) if name in ahead.mistakes}
    judged = {name: one for name in models if isinstance(one := done[name], ModelReport)}
    return judged, {name: one for name in jobs if isinstance(one := done[name], JobReport)}, mistakes


def _report_mistaken(project: Project, name: str, error: UserError) -> ModelReport | JobReport:
    failure = Mask.of(project.options.environment).failure(failure_of(error))
    if name in project.spec.jobs:
        return report_not_passed(project.spec.jobs[name], failure, Mask.of(project.options.environment), ())
    return report_failed(replace(project, journal=Journal()), name, failure, {})


def do_job(project: Project, fingerprints: Fingerprints, name: str) -> JobReport:
    """Do one job, where no record says that it ended well; that it does not is a verdict in its report."""
    project, job = replace(project, journal=Journal()), project.spec.jobs[name]
    side, before = fingerprints.job(name)
    changes = describe_job(project, before, side)
    if project.store.find(TRAININGS, side.fingerprint.training) is not None:
        return report_passed(job, None, changes)
    # As for `work`: where a record answers, nobody waits for what does jobs.
    from ml_ci.steps.working.check import do_check

    try:
        with sending(project):
            return report_passed(job, do_check(project, side, before), changes)
    except StageFailed as error:
        return report_not_passed(job, error.failure, Mask.of(project.options.environment), changes)


def judge_model(project: Project, fingerprints: Fingerprints, name: str, ahead: Ahead | None = None) -> ModelReport:
    """Take one model through the stages; what a record answers is not done again, nor what was seen `ahead`."""
    project, clock = replace(project, journal=Journal()), Clock()
    known = None if ahead is None else ahead.known.get(name)
    try:
        if known is not None:
            return report_judged(project, known.sides, known.plan, known.verdict, known.clock.seconds)
        find = clock("plan")(lambda: fingerprints.sides(name))
        return on_sides(find, lambda sides: judge_sides(project, sides, clock))
    except StageFailed as error:
        # As for `work`: of what only a failure needs, nothing is read before.
        from ml_ci.steps.telling.not_judged import report_not_judged

        return report_not_judged(project, fingerprints, name, error, clock)


def judge_sides(project: Project, sides: Sides, clock: Clock) -> ModelReport:
    """Judge one side against the other; BaselineFailed when the other cannot be had, StageFailed for any failure."""
    with clock("plan"):
        plan = plan_work(project, sides)
        verdict = find_verdict(project, plan)
    if verdict is None:
        done = work(project, sides, clock)
        verdict, sides, plan = done.judged, done.sides, done.plan
    return report_judged(project, sides, plan, verdict, clock.seconds)


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
    project.slots.foresee()
    from ml_ci.steps.judging.judge import judge_gates, prepare
    from ml_ci.steps.planning.resources import refuse_without_resources
    from ml_ci.steps.telling.describe import describe_changes
    from ml_ci.steps.working.behave import add_behaviours
    from ml_ci.steps.working.compare import count_sides, find_comparison
    from ml_ci.steps.working.score import score_sides
    from ml_ci.steps.working.seeds import add_seeds
    from ml_ci.steps.working.train_sides import train_sides
    from ml_ci.steps.working.workshop import open_workshop

    project.slots.widen()
    with sending(project), open_workshop(project, sides) as shop:
        with clock("plan"):
            plan = plan_work(project, sides, verify=True)  # a damaged record is no record
            if plan.action == "train":
                refuse_without_resources(project, sides.candidate)
            before = prepare(shop, plan)
            shop.resolve()  # on top of the job that made the rows that judge, where there is one
        with clock("train"):
            train_sides(shop, plan)
        with clock("evaluate"):
            comparison = find_comparison(shop, plan) or count_sides(shop, score_sides(shop, plan))
        with clock("train"):
            comparison = add_seeds(project, shop.sides, comparison)
        with clock("evaluate"):
            comparison = add_behaviours(shop, plan_work(project, shop.sides), comparison)
        with clock("plan"):
            shop.resolve()
            plan = with_keys(plan, plan_work(project, shop.sides))
            changes = describe_changes(project, shop.sides)
        with clock("gate"):
            verdict = judge_gates(shop, plan, comparison, changes, before)
        return Work(verdict, shop.sides, plan)


def plan(options: Options) -> Mapping[str, ModelPlan]:
    """Say for each model what `run` would do, and why; nothing is trained, scored or imported from the project."""
    return plan_chain(options).models


def plan_chain(options: Options) -> Plans:
    """Say for each model, and for each job that one builds on, what `run` would do, and why."""
    from ml_ci.steps.telling.explain_plan import explain_plan

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    models = {name: explain_plan(project, fingerprints, name) for name in select_models(project)}
    jobs = explain_jobs(project, fingerprints, models)
    told = {name: project.spec.nodes[name].upstream for name in (*jobs, *models)}
    return Plans(models, jobs, {name: tuple(one for one in needs if one in told) for name, needs in told.items()})


def watch(options: Options, now: datetime) -> WatchReport:
    """Look whether each champion is as good on live rows as it has to be, and leave `.ml_ci/watch.json`.

    UserError for the user's mistakes; what is wrong with one model's rows is told of that model in the report.
    NoAnswerError when the registry does not answer.
    """
    from ml_ci.registry.mlflow_registry import MlflowRegistry
    from ml_ci.steps.planning.champion import find_location
    from ml_ci.steps.watching.leave import WATCH, leave_watch
    from ml_ci.steps.watching.leave import withdraw as withdraw_look
    from ml_ci.steps.watching.look import look, report_watch, select_watched

    config = locate(options)
    withdraw_look(config.parent, WATCH)
    project = open_project(config, options)
    names = select_watched(project)
    registry = MlflowRegistry(find_location(project)) if names else None
    models = {name: look(project, registry, name, now) for name in names if registry is not None}
    report = report_watch(project, models, now)
    leave_watch(project, report)
    return report


def canary(options: Options, name: str, stage: str, now: datetime, to_label: Path | None = None) -> CanaryReport:
    """Decide by live rows whether the model in a stage may take the champion's place, and leave `.ml_ci/canary.json`.

    The rows that are worth a label are written to `to_label`. UserError for the user's mistakes, among them rows that
    say nothing; NoAnswerError when the registry does not answer.
    """
    from ml_ci.registry.mlflow_registry import MlflowRegistry
    from ml_ci.steps.planning.champion import find_location
    from ml_ci.steps.watching.beside import decide, find_traffic
    from ml_ci.steps.watching.leave import CANARY, leave_canary
    from ml_ci.steps.watching.leave import withdraw as withdraw_look

    config = locate(options)
    withdraw_look(config.parent, CANARY)
    project = open_project(config, replace(options, models=(name,)))
    found = find_traffic(project, name, stage)
    report = decide(project, MlflowRegistry(find_location(project)), found, now, to_label)
    leave_canary(project, report)
    return report
