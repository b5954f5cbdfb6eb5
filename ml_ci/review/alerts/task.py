"""What `ml-ci alert` does, as a list of steps: read what a look found, and tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.errors import UnavailableError
from ml_ci.forges.registry import named
from ml_ci.forges.values import Request, Token
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict
from ml_ci.reports.fitting import LIMIT
from ml_ci.reports.live.as_json import load_watch
from ml_ci.reports.live.markdown import render_model, render_watch
from ml_ci.reports.live.values import ModelWatch, WatchReport
from ml_ci.reports.text import label
from ml_ci.review.alerts.memory import InFile, InIssue, Memory
from ml_ci.review.alerts.tell import Deeds, Send, by_dispatch, by_webhook, context_of, set_status, tell
from ml_ci.review.alerts.values import Alarm, Alert
from ml_ci.review.alerts.webhook import Webhook
from ml_ci.review.desk import Desk, desk_of, step_of
from ml_ci.review.files import read_watched
from ml_ci.review.summary import append
from ml_ci.spec.find import read
from ml_ci.spec.load import load
from ml_ci.spec.values import OnAlarm

# What an issue's body has beside the report: markers, what is remembered, and the run.
_FRAME = 15_000
_MOST_SUMMARY = 200_000
_SAID: Mapping[Verdict, str] = {
    "pass": "holds its gates on live rows",
    "inconclusive": "has too few labelled live rows to say",
    "unjudged": "has no live rows to judge yet",
    "error": "could not be looked at",
}


@dataclass(frozen=True)
class Asked:
    """What is asked for: the report of the look, the ml-ci.yaml that is trusted, and where alarms are sent.

    `branch` is the default branch, on which a workflow is started; `state` the file that remembers where no issue does.
    """

    report: Path
    config: Path
    webhook: Token = field(default_factory=Token)
    branch: str = ""
    state: Path = Path(".ml_ci/alerts.json")


def alert(request: Request, asked: Asked) -> Deeds:
    """Tell of every model of a look, held to the ml-ci.yaml that is trusted and to this run.

    A model that cannot be told of keeps no other from being told of. UserError where nothing can be told at all.
    """
    models = load(read(asked.config), str(asked.config)).models
    on_alarm = {name: model.live.on_alarm for name, model in models.items() if model.live}
    if not on_alarm:
        raise UserError(
            f"{asked.config}: no model has `live:`, so there is nothing to tell of", hint="Declare it first."
        )
    report = _held(load_watch(read_watched(asked.report)), on_alarm, request)
    if request.step_summary is not None:
        append(request.step_summary, render_watch(report, _MOST_SUMMARY) + "\n")
    teller = _Teller(request, asked)
    whole = Deeds()
    for name, what in on_alarm.items():
        for done in teller.told(name, report, what):
            whole.said += done.said
            whole.problems += done.problems
    return whole


def _held(report: WatchReport, declared: Mapping[str, OnAlarm], request: Request) -> WatchReport:
    """Give the report where it is of this run and of the models that are declared; UserError otherwise."""
    run = report.origin.run
    if request.run_id and run != request.run_id:
        raise UserError(
            f"the look is of run {label(run, 30) or 'nobody knows'}, not of run {label(request.run_id, 30)}",
            hint="Give the report of this run: run the whole workflow again.",
        )
    unknown, missing = set(report.models) - set(declared), set(declared) - set(report.models)
    for names, what in ((unknown, "has no `live:` in the ml-ci.yaml that is trusted"), (missing, "was not looked at")):
        if names:
            hint = "Look at every model in the run that tells: ml-ci watch, without names."
            raise UserError(f"{', '.join(label(name, 60) for name in sorted(names))} {what}", hint=hint)
    return report


@dataclass(frozen=True)
class _Teller:
    request: Request
    asked: Asked

    def told(self, name: str, report: WatchReport, what: OnAlarm) -> Iterator[Deeds]:
        """Tell of one model: its issue and what is sent, then its commit's status."""
        found = alert_of(name, report)
        for step in (self._sent, self._status):
            try:
                yield step(found, what)
            except UserError as error:
                yield Deeds(problems=[error])

    def _sent(self, found: Alert, what: OnAlarm) -> Deeds:
        sends: list[Send] = []
        if self.asked.webhook:
            sends.append(by_webhook(Webhook(self.asked.webhook), found, self._source()))
        if what.dispatch:
            sends.append(by_dispatch(self._desk(), found, what.dispatch, self._branch(what.dispatch)))
        return tell(found, self._memory(found, what), tuple(sends))

    def _memory(self, found: Alert, what: OnAlarm) -> Memory:
        if not what.issue:
            return InFile(self.asked.state, found.model, bool(found.alarms))
        desk, project = self._desk(), self.request.project
        return InIssue(desk, found, self.request.author, project, step_of(self.request).run_url(self.request))

    def _status(self, found: Alert, _: OnAlarm) -> Deeds:
        if not self.request.token:
            return Deeds([f"{found.model}: no status, since there is no token"])
        url = self.request.target_url or step_of(self.request).run_url(self.request)
        return Deeds([set_status(self._desk(), found, context_of(found.model, self.request.project), url)])

    def _desk(self) -> Desk:
        return desk_of(self.request)

    def _branch(self, file: str) -> str:
        if not self.asked.branch:
            raise UserError(f"nobody says on which branch {label(file)} is started", hint="Give --branch NAME.")
        return self.asked.branch

    def _source(self) -> str:
        """Name where events come from: the repository, and the project's folder in it."""
        server = (self.request.server_url or named(self.request.forge).server_url).rstrip("/")
        where = f"{server}/{self.request.repository}" if self.request.repository else "ml-ci"
        return f"{where}/{self.request.project}" if self.request.project else where


def alert_of(name: str, report: WatchReport) -> Alert:
    """Give what is to be told of one model of a look."""
    model = report.models[name]
    ends = {window.begin: window.end for window in model.windows}
    alarms = tuple(Alarm(one.id, one.gate, one.begin, ends.get(one.begin, one.begin)) for one in model.alarms)
    body = render_model(name, report, LIMIT - _FRAME)
    return Alert(name, model.version or "", model.commit or "", model.verdict, alarms, _said(name, model), body)


def _said(name: str, model: ModelWatch) -> str:
    """Say the verdict in words that are the same at every look that finds the same."""
    which = f"{label(name, 60)} v{label(model.version, 20)}" if model.version else label(name, 60)
    gates = ", ".join(dict.fromkeys(label(one.gate, 60) for one in model.alarms))
    return f"{which} {'no longer holds ' + gates if gates else _SAID.get(model.verdict, 'alarms')}"


def exit_code(deeds: Deeds) -> int:
    """Give 0 where all was told, 1 where somebody did not answer, 2 where a setting is wrong."""
    if not deeds.problems:
        return 0
    return 1 if all(isinstance(problem, UnavailableError) for problem in deeds.problems) else 2
