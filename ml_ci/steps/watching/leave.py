"""Leave what a look found where front ends, other steps of a workflow and a promotion find it."""

from __future__ import annotations

from pathlib import Path

from ml_ci.digests import digest
from ml_ci.plan.plan import DECISIONS
from ml_ci.records.atomic import write_text
from ml_ci.records.record import Record
from ml_ci.records.store import Store
from ml_ci.reports.live.as_json import dump_canary, dump_watch, load_canary
from ml_ci.reports.live.values import CanaryReport, WatchReport
from ml_ci.steps.opening.own_state import STATE
from ml_ci.steps.values import Project

WATCH, CANARY = "watch.json", "canary.json"


def withdraw(folder: Path, name: str) -> None:
    """Take the report of an earlier look away: one that dies must not leave another's."""
    (folder / STATE / name).unlink(missing_ok=True)


def leave_watch(project: Project, report: WatchReport) -> None:
    """Write `.ml_ci/watch.json`, whole."""
    write_text(project.store.ready() / WATCH, dump_watch(report))


def leave_canary(project: Project, report: CanaryReport) -> None:
    """Write `.ml_ci/canary.json`, whole, and keep a record of it: by that a promotion knows where it was made."""
    text = dump_canary(report)
    with project.store.draft() as draft:
        project.store.keep(draft, DECISIONS, _key(text), {"model": report.model, "decision": report.decision})
    write_text(project.store.ready() / CANARY, text)


def read_canary(store: Store) -> tuple[CanaryReport, Record | None]:
    """Read the last decision, with the record that says where it was made; None where somebody else wrote the file.

    FileNotFoundError where nobody decided, UserError where the file is none of ours.
    """
    text = (store.root / CANARY).read_text(encoding="utf-8", errors="replace")
    return load_canary(text), store.find(DECISIONS, _key(text))


def _key(text: str) -> str:
    return digest([DECISIONS, text])
