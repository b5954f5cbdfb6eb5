"""What the pipeline says of the models, asked for once in each process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ml_ci.errors import NOTHING_GATED, Failure, StageFailed, UserError, as_the_users
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.spec.values import JobSpec
from ml_ci.steps.values import Options
from pytest_ml_ci.session_store import SessionStore

if TYPE_CHECKING:
    from ml_ci.steps.examination.rows import Scored

MISTAKE = "user-error"
"""The code of a failure that is the user's mistake: the session ends with pytest's exit code 4."""


@dataclass
class Results:
    """Ask the pipeline. Several processes may: whoever comes first trains, the others find its record.

    `shared` is set in the workers of xdist.
    """

    options: Options
    shared: SessionStore | None = None
    jobs: Mapping[str, JobSpec] = field(default_factory=dict)
    _reports: dict[str, Report] = field(default_factory=dict)
    _scored: dict[str, Scored | Failure] = field(default_factory=dict)

    def report(self, model: str) -> Report:
        """Give the report of one model, or of one job; a mistake of the user is a failure in it."""
        if model not in self._reports:
            if self.shared is None:
                self._reports[model] = self._run(model)
            else:
                self._reports[model] = self.shared.report(model, lambda: self._run(model))
        return self._reports[model]

    def judged(self, model: str) -> Report:
        """Give the report of one model for a test that judges by itself: no gate in ml-ci.yaml is no failure then."""
        report = self.report(model)
        found = report.models[model]
        if found.failure is None or found.failure.code != NOTHING_GATED:
            return report
        return replace(report, models={model: replace(found, failure=None)}, failure=None)

    def more(self, model: str, conditions: tuple[str, ...]) -> tuple[GateResult, ...]:
        """Judge further gates from the counts of a model whose report holds no failure."""
        from ml_ci.questions import judge_more

        try:
            with as_the_users():
                return judge_more(self.only(model), model, conditions)
        except (UserError, StageFailed) as error:
            failure = failure_of(error)
            reason = f"{failure.message}. {failure.hint}" if failure.hint else failure.message
            return tuple(GateResult(gate, "error", reason=f"`{gate}`: {reason}") for gate in conditions)

    def scored(self, model: str) -> Scored | Failure:
        """Give holdout, labels and predictions of a model, or what makes them impossible."""
        if model not in self._scored:
            self._scored[model] = self._score(model)
        return self._scored[model]

    def _run(self, model: str) -> Report:
        from ml_ci.pipeline import run

        try:
            with as_the_users():
                return run(self.only(model))
        except UserError as error:
            job = self.jobs.get(model)
            return failed(model, failure_of(error)) if job is None else failed_job(job, failure_of(error))

    def _score(self, model: str) -> Scored | Failure:
        from ml_ci.questions import scored

        failure = self.judged(model).models[model].failure
        if failure is not None:
            return failure
        try:
            with as_the_users():
                return scored(self.only(model), model)
        except (UserError, StageFailed) as error:
            return failure_of(error)

    def only(self, model: str) -> Options:
        """Give the options of a run of one model."""
        return replace(self.options, models=(model,))


def failure_of(error: UserError | StageFailed) -> Failure:
    """Turn an error into the failure that a report holds."""
    if isinstance(error, StageFailed):
        return error.failure
    return Failure("configuration", MISTAKE, error.message, error.hint)


def failed(name: str, failure: Failure, verdict: Verdict = "error") -> Report:
    """Make the report of a model that could not be judged, or that nothing judges."""
    model = ModelReport(verdict=verdict, action="reuse", failure=failure)
    return Report(verdict=verdict, commit=None, base_commit=None, models={name: model})


def failed_job(job: JobSpec, failure: Failure) -> Report:
    """Make the report of a job that could not be done."""
    made = JobReport("error", "run", failure=failure, line=job.line)
    return Report(verdict="error", commit=None, base_commit=None, jobs={job.name: made})
