"""The first run that `ml-ci init` ends with: its numbers become gates with fixed limits."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.cli.narrow import say

if TYPE_CHECKING:
    from ml_ci.gates.proposal import Proposal
    from ml_ci.reports.values import ModelReport, Report

# The model itself could not score the table's rows, and nothing else was asked to.
_NOT_SCORED = "predict-raised"


def run_first(name: str, config: Path) -> bool:
    """Judge a model for the first time, and add the gates that its numbers propose; False where it has no numbers."""
    from ml_ci.cli.output import show
    from ml_ci.records.atomic import write_text
    from ml_ci.setup.writing import add_gates

    report = _judge(name)
    model = report.models.get(name)
    gates = _propose(model) if model else {}
    if model is None or not gates:
        show(report)
        _tell_what_is_left(model, config)
        return False
    _tell_numbers(model)
    text = config.read_text(encoding="utf-8")
    new = {gate: why for gate, why in gates.items() if f"- {gate} " not in text}
    added = add_gates(text, new)
    if added is None:
        say(f"left    {config}: add to `gates:`: {', '.join(new)}")
        return True
    write_text(config, added)
    say(f"wrote   {config}: {', '.join(gates)}: the first pull request is judged by them")
    say("next    commit these files, push, and open a pull request")
    return True


def _judge(name: str) -> Report:
    from ml_ci.cli.progress import showing
    from ml_ci.pipeline import run
    from ml_ci.steps.values import Options

    with showing() as progress:
        return run(Options(start=Path.cwd(), models=(name,), environment=dict(os.environ), progress=progress))


def _tell_numbers(model: ModelReport) -> None:
    """Say what was measured; that a first model was not judged is no news, and its gates follow."""
    from ml_ci.reports import sentences

    say(f"found   {sentences.measured(model)}")
    for caution in model.cautions:
        say(f"!       {caution}")


def _tell_what_is_left(model: ModelReport | None, config: Path) -> None:
    """Say what to do where nothing was measured; where the model alone cannot score, write what does it with it."""
    from ml_ci.records.atomic import write_text
    from ml_ci.setup.adapter import ADAPTER, name_adapter, write_adapter

    failure = model.failure if model else None
    text = config.read_text(encoding="utf-8")
    named = name_adapter(text) if failure is not None and failure.code == _NOT_SCORED else None
    if named is None or Path(ADAPTER).exists():
        say("next    mend what is said above, then: ml-ci init --first-run")
        return
    write_text(Path(ADAPTER), write_adapter(text))
    write_text(config, named)
    say(f"wrote   {ADAPTER}, and `predict:` in {config}")
    say(f"next    do in {ADAPTER} to the rows what the program does before it fits, then: ml-ci init --first-run")


def _propose(model: ModelReport) -> dict[str, str]:
    """Give each gate to add with where its limit comes from."""
    from ml_ci.conditions import parse
    from ml_ci.gates.proposal import propose
    from ml_ci.reports.rates import of_side

    if model.candidate is None:
        return {}
    measured = {**model.candidate.metrics, **of_side(model.candidate)}
    found = propose([parse(gate.condition, (), model.behaviours) for gate in model.gates], measured)
    today = datetime.now(UTC).date().isoformat()
    return {one.condition: f"measured {one.value:.3f} on {today}{_say_open(one)}" for one in found}


def _say_open(gate: Proposal) -> str:
    """Say of a gate that asks for more than this model has that it does not hold; a limit that allows all is none."""
    _, sign, limit = gate.condition.split()
    holds = gate.value <= float(limit) if sign == "<=" else gate.value >= float(limit)
    return "" if holds else ": it does not hold yet"
