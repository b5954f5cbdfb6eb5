"""The first run that `ml-ci init` ends with: its numbers become gates with fixed limits."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ml_ci.gates.proposal import Proposal
    from ml_ci.reports.values import ModelReport, Report


def run_first(name: str, config: Path) -> bool:
    """Judge a model for the first time, and add the gates that its numbers propose; False where it has no numbers."""
    from ml_ci.cli.output import show
    from ml_ci.records.atomic import write_text
    from ml_ci.setup.writing import add_gates

    report = _judge()
    show(report)
    gates = _propose(report.models[name]) if name in report.models else {}
    if not gates:
        click.echo(f"next    mend what is said above, then: ml-ci run, which proposes gates for {config}")
        return False
    write_text(config, add_gates(config.read_text(encoding="utf-8"), gates))
    click.echo(f"wrote   {config}: {', '.join(gates)}: the first pull request is judged by them")
    return True


def _judge() -> Report:
    from ml_ci.cli.progress import showing
    from ml_ci.pipeline import run
    from ml_ci.steps.values import Options

    with showing() as progress:
        return run(Options(start=Path.cwd(), environment=dict(os.environ), progress=progress))


def _propose(model: ModelReport) -> dict[str, str]:
    """Give each gate to add with where its limit comes from."""
    from ml_ci.conditions import parse
    from ml_ci.gates.metrics import metrics_of
    from ml_ci.gates.proposal import propose

    if model.candidate is None:
        return {}
    measured = {**model.candidate.metrics, **metrics_of(model.candidate.confusion)}
    found = propose([parse(gate.condition) for gate in model.gates], measured)
    today = datetime.now(UTC).date().isoformat()
    return {one.condition: f"measured {one.value:.3f} on {today}{_say_open(one)}" for one in found}


def _say_open(gate: Proposal) -> str:
    """Say of a gate that asks for more than this model has that it does not hold; a limit that allows all is none."""
    _, sign, limit = gate.condition.split()
    holds = gate.value <= float(limit) if sign == "<=" else gate.value >= float(limit)
    return "" if holds else ": it does not hold yet"
