"""The questions beside the way of a model: what did it, where it began, what can be proven, what the rows say."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ml_ci.gates.values import GateResult
from ml_ci.pipeline import judge_all
from ml_ci.steps.opening.project import locate, open_project, select_models
from ml_ci.steps.planning.blame import on_sides
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Options
from ml_ci.steps.working.side_by_side import make_stoppable

if TYPE_CHECKING:
    from ml_ci.behaviours.told import Told
    from ml_ci.bisect.values import Found
    from ml_ci.explain.values import Explanation
    from ml_ci.gates.ledger import Ledger
    from ml_ci.gates.planning import Power
    from ml_ci.live.endpoint import Endpoint
    from ml_ci.reports.live.skew import ServedReport, SkewReport
    from ml_ci.reports.values import Report
    from ml_ci.steps.causes.bisect import Search
    from ml_ci.steps.causes.explain import Ask
    from ml_ci.steps.examination.ask_endpoint import Deciding
    from ml_ci.steps.examination.asking import Asking
    from ml_ci.steps.examination.rows import Scored
    from ml_ci.steps.examination.values import Finding
    from ml_ci.steps.watching.asked_skew import Asked


def explain(options: Options, ask: Ask) -> tuple[Explanation, ...]:
    """Say of each model with a gate that does not hold which of several changes did how much of it.

    What no record answers is judged first; then mixtures of old and new parts are trained, cached like any other.
    """
    from ml_ci.steps.causes.explain import explain_report

    project, stop = make_stoppable(open_project(locate(options), options))
    fingerprints = Fingerprints(project)
    reports = judge_all(project, fingerprints, stop)
    return tuple(explain_report(project, fingerprints, name, report, ask) for name, report in reports.items())


def bisect(options: Options, name: str, search: Search) -> Found:
    """Find the first commit at which a gate of the model no longer holds; UserError when there is none to find."""
    from ml_ci.steps.causes.bisect import bisect_history

    project, _ = make_stoppable(open_project(locate(options), options))
    return bisect_history(project, Fingerprints(project), name, search)


def compare(options: Options, old: str, new: str) -> Report:
    """Report the models of two commits or registered versions beside each other, on today's holdout by today's gates.

    What a record answers is neither trained nor scored again. UserError for what names neither.
    """
    from ml_ci.steps.lineage.compared import compare_refs

    project, _ = make_stoppable(open_project(locate(options), options))
    return compare_refs(project, old, new)


def power(options: Options, margin: float | None = None) -> tuple[Power, ...]:
    """Say what the holdouts can prove; only their labels are read, and nothing is trained."""
    from ml_ci.steps.examination.power import plan_holdout

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return tuple(plan_holdout(project, fingerprints, name, margin) for name in select_models(project))


def ledgers(options: Options) -> tuple[Ledger, ...]:
    """Give the ledgers of the store that hold a look at a model that is asked for, the latest last."""
    from ml_ci.records.ledgers import Ledgers

    project = open_project(locate(options), options)
    wanted = set(select_models(project))
    found = Ledgers(project.store)
    found.bring()
    return tuple(one for one in found.all() if any(look.pair.model in wanted for look in one.looks))


def examine(options: Options, *, determinism: bool = False) -> tuple[Finding, ...]:
    """Check the set-up; with `determinism` each model is trained a second time and the two are compared."""
    from ml_ci.steps.examination.doctor import examine_project

    return examine_project(options, determinism=determinism)


def scored(options: Options, name: str) -> Scored:
    """Give the holdout's rows with what candidate and baseline predicted for each, for a test of the user's own.

    What no record answers is trained and scored. StageFailed when a job fails, UserError for the user's mistakes.
    """
    from ml_ci.steps.examination.rows import score_holdout

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return on_sides(lambda: fingerprints.sides(name), lambda sides: score_holdout(project, sides))


def asking(options: Options, name: str) -> AbstractContextManager[Asking]:
    """Open what asks candidate and baseline about rows that a person makes; see `Asking`.

    StageFailed when a job fails, UserError for the user's mistakes.
    """
    from ml_ci.steps.examination.asking import open_asking

    project = open_project(locate(options), options)
    return open_asking(project, Fingerprints(project).sides(name))


def ask(options: Options, words: Sequence[str], row: int | None = None) -> Told:
    """Ask candidate and baseline of the one model that is asked for, about rows that a person names: see `read_wanted`.

    What no record answers is trained. StageFailed when a job fails, UserError for the user's mistakes.
    """
    from ml_ci.steps.examination.ask import ask_sides

    project = open_project(locate(options), options)
    [model] = select_models(project)
    fingerprints = Fingerprints(project)
    return on_sides(lambda: fingerprints.sides(model), lambda sides: ask_sides(project, sides, words, row))


def ask_url(endpoint: Endpoint, words: Sequence[str], by: Deciding) -> Told:
    """Ask a model that is served at a URL about rows that a person names; there need be no project.

    StageFailed where it does not answer as the protocol says, UserError for the user's mistakes.
    """
    from ml_ci.steps.examination.ask_endpoint import ask_endpoint

    return ask_endpoint(endpoint, words, by)


def skew(options: Options, asked: Asked) -> SkewReport | ServedReport:
    """Compare the logged features of the one model that is asked for with those computed again, or its service with it.

    The model in service is the baseline that the options ask for. StageFailed where it cannot be asked, UserError for
    the user's mistakes.
    """
    project = open_project(locate(options), options)
    [model] = select_models(project)
    if asked.service is not None:
        from ml_ci.steps.watching.served import find_served_skew

        return find_served_skew(project, model, asked)
    from ml_ci.steps.watching.skew import find_skew

    return find_skew(project, model, asked)


def judge_more(options: Options, name: str, conditions: tuple[str, ...]) -> tuple[GateResult, ...]:
    """Judge further gates of one model, as a test in Python states them; the model's policy holds for them too.

    ConditionError for what is no condition; otherwise as `scored`.
    """
    from ml_ci.steps.examination.rows import judge_conditions

    project = open_project(locate(options), options)
    fingerprints = Fingerprints(project)
    return on_sides(lambda: fingerprints.sides(name), lambda sides: judge_conditions(project, sides, conditions))
