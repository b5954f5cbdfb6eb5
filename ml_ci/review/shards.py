"""Make one report of several: the jobs of a matrix each judge some of the models. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import ORDER, overall
from ml_ci.records.origin import Origin
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.review.recounted import recounted
from ml_ci.spec.values import ModelSpec, Spec


def joined(reports: Sequence[Report]) -> Report:
    """Join reports of the same commit; the verdict is the worst of theirs.

    Of a model that several tell of, the worst result counts. Reports of different commits are an error: they are not
    of one run. No report at all is an error too.
    """
    if len(reports) == 1:
        return reports[0]
    models: dict[str, ModelReport] = {}
    for name, model in (pair for report in reports for pair in report.models.items()):
        models[name] = _worse(models[name], model) if name in models else model
    jobs: dict[str, JobReport] = {}
    for name, job in (pair for report in reports for pair in report.jobs.items()):
        jobs[name] = min(jobs.get(name, job), job, key=lambda one: ORDER.index(one.verdict))
    failures = [report.failure for report in reports if report.failure]
    stopped = next((one for one in failures if one.code != NOTHING_GATED), None)
    failure = stopped or _of_one_run(reports) or next(iter(failures), None)
    return Report(
        verdict=_worst(reports, failure),
        commit=next((report.commit for report in reports if report.commit), None),
        base_commit=_shared([report.base_commit for report in reports]),
        models=models,
        jobs=jobs,
        dirty=any(report.dirty for report in reports),
        failure=failure,
        cautions=tuple(dict.fromkeys(caution for report in reports for caution in report.cautions)),
        config=_shared([report.config for report in reports]),
        origin=reports[0].origin if reports else Origin(),
        asked=_in_common([report.asked for report in reports]),
    )


def _in_common(asked: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Give the options that every run was given alike."""
    first, *others = asked or [{}]
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def held_to(report: Report, spec: Spec) -> Report:
    """Hold a report to a configuration that is trusted: what it declares and the report lacks is an error.

    A run in a pull request judges by files that the request may change, on a machine that runs its code; this finds the
    model or the gate left out, and judges the others again from the report's counts.
    """
    models = dict(report.models)
    for name, model in spec.models.items():
        models[name] = recounted(_complete(models.get(name), model), model)
    jobs = dict(report.jobs)
    for name in spec.checks:
        jobs.setdefault(name, JobReport("error", "reuse", failure=_missing(f"no result of the job `{name}` arrived")))
    verdicts = [report.verdict, *(one.verdict for one in models.values()), *(one.verdict for one in jobs.values())]
    return replace(report, models=models, jobs=jobs, verdict=overall(verdicts))


def _complete(found: ModelReport | None, model: ModelSpec) -> ModelReport:
    if found is None:
        return ModelReport("error", "reuse", failure=_missing(f"no result of `{model.name}` arrived"))
    judged = {gate.condition for gate in found.gates}
    left_out = [gate.text for gate in model.gates if gate.text not in judged]
    if not left_out or (found.failure is not None and found.failure.code != NOTHING_GATED):
        return found
    message = f"the report leaves out a gate of the base branch: {', '.join(f'`{text}`' for text in left_out)}"
    return replace(found, verdict="error", failure=_missing(message))


def _missing(message: str) -> Failure:
    return Failure("report", "incomplete-report", message, "Run with --gates-from and the base branch, on every model.")


def _worst(reports: Sequence[Report], failure: Failure | None) -> Verdict:
    own: list[Verdict] = ["error"] if failure and failure.code != NOTHING_GATED else []
    return overall([*(report.verdict for report in reports), *own])


def _of_one_run(reports: Sequence[Report]) -> Failure | None:
    commits = sorted({report.commit for report in reports if report.commit})
    if len(commits) < 2:
        return None
    told = " and ".join(commit[:7] for commit in commits[:3])
    return Failure("report", "mixed-reports", f"the reports are of different commits: {told}", "Give those of one run.")


def _worse(one: ModelReport, other: ModelReport) -> ModelReport:
    return min((one, other), key=lambda model: ORDER.index(model.verdict))


def _shared(values: Sequence[str | None]) -> str | None:
    known = set(values)
    return known.pop() if len(known) == 1 else None
