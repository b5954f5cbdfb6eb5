"""Commit statuses: one per model and one for the whole, success only where the verdict is pass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ml_ci.forges.values import State, Status
from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import ORDER
from ml_ci.reports import checks, pieces, sentences
from ml_ci.reports.text import clip, label
from ml_ci.reports.values import ModelReport, Report

_WHOLE = "ml-ci"
_MOST_DESCRIPTION = 140
_MOST_CONTEXT = 100
_MOST_PROJECT = 80
# GitHub slows down who creates more than 80 things a minute.
_MOST_MODELS = 50
_STATES: Mapping[Verdict, State] = {
    "pass": "success",
    "fail": "failure",
    "inconclusive": "failure",
    "error": "error",
    "unjudged": "failure",
}


def statuses(report: Report, target_url: str = "", project: str = "") -> tuple[Status, ...]:
    """Give the statuses of a report: its models' first, the whole's last; `project` is as in `name_whole`."""
    models = [
        _status(context, model.verdict, _said(model), target_url)
        for context, model in _by_context(report, project).items()
    ]
    failure = sentences.failure(report)
    said = failure.message if failure else sentences.overall(report)
    if failure or len(report.models) != 1:  # a model's name begins as it is written
        said = pieces.capital(said)
    said += _gate_to_add(report.models.values()) if report.verdict == "unjudged" else ""
    jobs = {**checks.list_failing(report), **report.jobs}  # those that do not pass first
    for name, job in list(jobs.items())[: max(0, _MOST_MODELS - len(models))]:
        said_of_job = " ".join(checks.explain(job)) if job.verdict != "pass" else checks.verdict(name, job)
        models.append(_status(context_of(name, project), job.verdict, pieces.capital(said_of_job), target_url))
    return (*models, _status(name_whole(project), report.verdict, said, target_url))


def _said(model: ModelReport) -> str:
    return pieces.plain(sentences.why(model)) + _gate_to_add([model])


def _gate_to_add(models: Iterable[ModelReport]) -> str:
    """Name the gate that would judge the first of the models of which none was; "" where there is no such model."""
    hints = [model.failure.hint for model in models if model.verdict == "unjudged" and model.failure]
    return f" {hints[0]}" if hints else ""


def _by_context(report: Report, project: str) -> Mapping[str, ModelReport]:
    """Give each status its model: of names that became alike the worse, of too many those that do not pass."""
    found: dict[str, ModelReport] = {}
    for name, model in report.models.items():
        context = context_of(name, project)
        if context not in found or _rank(model) < _rank(found[context]):
            found[context] = model
    if len(found) <= _MOST_MODELS:
        return found
    return dict(sorted(found.items(), key=lambda one: _rank(one[1]))[:_MOST_MODELS])


def _rank(model: ModelReport) -> int:
    return ORDER.index(model.verdict)


def pending(models: Iterable[str], target_url: str = "", project: str = "") -> tuple[Status, ...]:
    """Give the statuses that say that a run has begun."""
    contexts = [name_whole(project), *(context_of(name, project) for name in models)]
    return tuple(Status(context, "pending", "The run has begun", target_url) for context in contexts)


def left(
    latest: Mapping[str, str], told: Sequence[Status], target_url: str = "", project: str = ""
) -> tuple[Status, ...]:
    """Give an error for every status of this project that is pending and that `told` does not answer.

    `latest` maps a context to its newest state. What another project's run has begun is left to that run.
    """
    whole = name_whole(project)
    answered = {status.context for status in told}
    lost = [
        context
        for context, state in latest.items()
        if state == "pending" and context not in answered and (context == whole or context.startswith(f"{whole}/"))
    ]
    return tuple(Status(context, "error", _NO_RESULT, target_url) for context in sorted(lost))


def lost(latest: Mapping[str, str], target_url: str = "", project: str = "") -> tuple[Status, ...]:
    """Give what a run that died leaves to say: an error for what is pending, and for the whole if unset."""
    whole = name_whole(project)
    known = latest if whole in latest else {**latest, whole: "pending"}
    return left(known, (), target_url, project)


def name_whole(project: str = "") -> str:
    """Name the status of all models of a project: `ml-ci`, or `ml-ci (services/a)` for a folder of a monorepo.

    A status hangs on the commit, and the last one of a name counts: two projects that shared one would hide each
    other's failures.
    """
    return f"{_WHOLE} ({label(project, _MOST_PROJECT)})" if project else _WHOLE


def context_of(model: str, project: str = "") -> str:
    """Name the status of a model."""
    return f"{name_whole(project)}/{label(model, _MOST_CONTEXT)}"


_NO_RESULT = "The run ended without a result: look at its log and run it again"


def _status(context: str, verdict: Verdict, said: str, target_url: str) -> Status:
    inconclusive = "Inconclusive: " if verdict == "inconclusive" else ""
    return Status(context, _STATES[verdict], clip(inconclusive + label(said, 200), _MOST_DESCRIPTION), target_url)
