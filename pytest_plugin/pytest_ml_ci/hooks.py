"""What happens in a session with `--ml-ci`: collecting gates, judging them, saying what came out."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.trusted import gates_from
from ml_ci.errors import UserError, as_the_users
from ml_ci.forges.registry import build_of
from ml_ci.records.store import Store
from ml_ci.steps.opening.own_state import STATE
from ml_ci.steps.opening.project import open_project, select_jobs, select_models
from ml_ci.steps.telling.publish import publish, withdraw
from ml_ci.steps.values import Options
from pytest_ml_ci.checks import CheckItem
from pytest_ml_ci.explanation import nothing_judged
from pytest_ml_ci.items import NOT_JUDGED, GateItem, SpecFile
from pytest_ml_ci.marks import marked
from pytest_ml_ci.reporting import Attendance, failed_report
from pytest_ml_ci.results import Results
from pytest_ml_ci.run import MARKED, RUN, TOLD, Run
from pytest_ml_ci.selection import configuration, include, is_partial
from pytest_ml_ci.session_store import SessionStore
from pytest_ml_ci.summary import Summary
from pytest_ml_ci.terminal import show
from pytest_ml_ci.trying import Trying

_STOPPED = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)


def start(config: pytest.Config) -> None:
    """Open the project and take part in the session; UsageError for a mistake in the configuration."""
    try:
        run = _open(config)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run
    include(config, run.file)
    config.pluginmanager.register(Hooks(config, run), "ml_ci_hooks")
    config.pluginmanager.register(Trying(run), "ml_ci_trying")


def _open(config: pytest.Config) -> Run:
    try:
        file = configuration(config)
    except UserError as error:  # the command line's option has another name here
        raise pytest.UsageError(str(error).replace("--config", "--ml-ci-config")) from None
    options = Options(
        start=file.parent,
        config=file.name,
        models=tuple(config.option.ml_ci_model),
        baseline=config.option.ml_ci_baseline,
        target=build_of(os.environ).target,
        gates_from=gates_from(os.environ.get("ML_CI_GATES_FROM")),
        environment=_environment(),
    )
    project = open_project(file, options)
    results = Results(options, _shared(config, project.store), project.spec.jobs)
    jobs = select_jobs(project)
    return Run(file, project.spec, select_models(project), results, jobs, explores=config.option.ml_ci_explore)


def _shared(config: pytest.Config, store: Store) -> SessionStore | None:
    """Find what the workers of this session share; None outside of xdist."""
    session = getattr(config, "workerinput", {}).get("testrunuid")
    return SessionStore(store.ready() / "pytest" / session) if session else None


def _environment() -> dict[str, str]:
    """Give the environment of jobs, without what pytest and xdist put there for each test and worker."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


class Hooks:
    """Take part in one session, in every process of it: workers of xdist judge, the controller adds up."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self.is_worker = hasattr(config, "workerinput")
        self.attendance = Attendance()
        self.summary = Summary(run.names)
        self.excused = is_partial(config)
        self.has_mistake = False
        self.gates_expected = False
        self.is_missing = False
        self.shared: SessionStore | None = None

    def pytest_report_header(self) -> str:
        """Name the configuration and the models."""
        return f"ml-ci: {self.run.file.name}, {', '.join((*self.run.names, *self.run.jobs))}"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SpecFile | None:
        """Collect the configuration of this run, and no other ml-ci.yaml that lies below."""
        return SpecFile.of(parent, file_path, self.run) if file_path == self.run.file else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the markers of the tests that are left to run."""
        try:
            for item in items:
                self._read_markers(item)
        except UserError as error:
            self._refuse(error, items)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Take that gates were left out on purpose."""
        self.excused |= any(isinstance(item, GateItem | CheckItem) for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what has to report."""
        for item in session.items:
            if (model := _model_of(item)) is not None:
                self.run.first.setdefault(model, item.nodeid)
        self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Note where the workers keep what they share; UsageError here, where it can be told, if they may not write."""
        try:
            with as_the_users():
                folder = Store(self.run.file.parent / STATE).ready()
        except UserError as error:
            raise pytest.UsageError(str(error)) from None
        self.shared = SessionStore(folder / "pytest" / node.workerinput["testrunuid"])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note in the controller what the workers have to report."""
        self._expect(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Judge the gates of a marked test before its body runs; it does not run by a gate that was not judged."""
        asked = item.stash.get(MARKED, None)
        if asked is None or not asked.conditions:
            return
        refusal = self.run.refusal(item, asked)
        if refusal is not None and refusal.unjudged:
            pytest.skip(refusal.text)
        if refusal is not None:
            pytest.fail(refusal.text, pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a test carry what it tells of its model, as text: it has to cross processes."""
        report = yield
        if call.when == "call" and TOLD in item.stash:
            report.ml_ci = item.stash[TOLD]  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test reports."""
        if self.is_worker:
            return
        self.attendance.take(report)
        told = getattr(report, "ml_ci", None)
        if told is not None:
            self.summary.take(told)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take that a worker found a mistake in the markers."""
        self.has_mistake |= getattr(report, "ml_ci_mistake", False)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take from a worker that gates were left out on purpose; a lost word excuses nothing."""
        self.excused |= bool(getattr(node, "workeroutput", {}).get("ml_ci_excused"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail the session when a report is missing, or no gate of a model was judged."""
        if self.is_worker:
            self.config.workeroutput["ml_ci_excused"] = self.excused  # type: ignore[attr-defined]
            return
        stopped = exitstatus in _STOPPED or session.shouldstop or session.shouldfail
        if not stopped and not self.config.option.collectonly:
            self._fail_what_is_missing(session)
        if self.has_mistake or self.summary.has_mistake:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        self._tell_junit()
        if self.shared is not None:
            self.shared.remove()
        try:
            with as_the_users():
                self._publish(complete=exitstatus not in _STOPPED and not self.is_missing)
        except UserError as error:
            self._fail_what_cannot_be_left(session, error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show verdict and metrics of each model."""
        report = self.summary.report()
        if report is not None:
            show(report, terminalreporter)

    def _read_markers(self, item: pytest.Item) -> None:
        asked = None if isinstance(item, GateItem | CheckItem) else marked(item, self.run.spec)
        if asked is None:
            return
        item.stash[MARKED] = asked
        if asked.model not in self.run.names:
            item.add_marker(pytest.mark.skip(reason=f"--ml-ci-model leaves out {asked.model}"))

    def _refuse(self, error: UserError, items: list[pytest.Item]) -> None:
        """End the session; from a worker of xdist a usage error would not arrive, a failed collection does."""
        if not self.is_worker:
            raise pytest.UsageError(str(error)) from None
        report = pytest.CollectReport("ml-ci", "failed", longrepr=str(error), result=[])
        report.ml_ci_mistake = True  # type: ignore[attr-defined]
        items.clear()
        self.config.hook.pytest_collectreport(report=report)

    def _expect(self, ids: Sequence[str]) -> None:
        self.attendance.expect(ids)
        files = (Path(node_id.partition("::")[0]).name for node_id in ids if "::" in node_id)
        self.gates_expected |= self.run.file.name in files

    def _fail_what_is_missing(self, session: pytest.Session) -> None:
        missing = dict.fromkeys(self.attendance.lost(), "its report was lost: the test may not have run")
        if not self.gates_expected and not self.excused:
            missing[self.run.file.name] = _UNCOLLECTED
        self.is_missing = bool(missing)
        failing = {node_id: f"{node_id}: {message}" for node_id, message in missing.items()}
        for node_id, message in {**failing, **self._unjudged()}.items():
            self.config.hook.pytest_runtest_logreport(report=failed_report(node_id, message))
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _unjudged(self) -> dict[str, str]:
        """Say of each model of which every gate was skipped that nothing is known to hold, and which gate to add.

        A model without gates has a test of its own that says so.
        """
        report = self.summary.report()
        return {
            f"{self.run.file.name}::{name}::{NOT_JUDGED}": nothing_judged(name, model)
            for name, model in (report.models if report else {}).items()
            if model.verdict == "unjudged" and model.gates
        }

    def _fail_what_cannot_be_left(self, session: pytest.Session, error: UserError) -> None:
        """Fail a session that leaves no report; where the pipeline could not write either, that was told."""
        if session.exitstatus != pytest.ExitCode.USAGE_ERROR:
            report = failed_report(self.run.file.name, str(error))
            self.config.hook.pytest_runtest_logreport(report=report)
        session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _tell_junit(self) -> None:
        report = self.summary.report()
        if report is None:
            return
        for plugin in self.config.pluginmanager.get_plugins():
            if hasattr(plugin, "add_global_property"):  # JUnit's writer, which a worker of xdist does not have
                plugin.add_global_property("ml_ci_verdict", report.verdict)

    def _publish(self, *, complete: bool) -> None:
        """Leave the report of all models: each run of the pipeline left that of its own."""
        report = self.summary.whole()
        if report is not None and complete:
            publish(self.run.file.parent, report)
        elif report is not None:
            withdraw(self.run.file.parent)


_UNCOLLECTED = """no gate was collected, so nothing was judged.
  Something leaves the file out: an --ignore, a collect_ignore in a conftest.py, or another plugin."""


def _model_of(item: pytest.Item) -> str | None:
    if isinstance(item, GateItem):
        return item.model
    asked = item.stash.get(MARKED, None)
    return asked.model if asked else None
