"""What JUnit holds of a gate: text only, because one value that is no builtin loses a test under xdist."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import ORDER
from ml_ci.reports.numbers import defined
from ml_ci.reports.values import ModelReport


def properties(name: str, model: ModelReport, gates: Sequence[GateResult], verdict: str) -> list[tuple[str, str]]:
    """Give the properties of one gate that are known; of several slices the numbers of the first that decides."""
    record = model.candidate.record if model.candidate else None
    found = {"model": name, "verdict": verdict, "action": model.action, "record": record}
    if gates:
        found |= _numbers(min(gates, key=lambda gate: ORDER.index(gate.verdict)))
    return [(f"ml_ci_{key}", str(value)) for key, value in found.items() if value is not None]


def _numbers(gate: GateResult) -> dict[str, str | None]:
    ends = [defined(end) for end in gate.interval or ()]
    return {
        "condition": gate.condition,
        "slice": gate.slice,
        "value": _text(gate.value),
        "limit": _text(gate.limit),
        "baseline": _text(gate.baseline),
        "interval": json.dumps(ends) if ends and None not in ends else None,
        "level": _text(gate.level),
        "needs": None if gate.needs is None else str(int(gate.needs)),
        "clusters": None if gate.clusters is None else str(int(gate.clusters)),
        "design_effect": _text(gate.design_effect),
        "effective_rows": _text(gate.effective_rows),
    }


def _text(value: float | None) -> str | None:
    number = defined(value)
    return None if number is None else repr(number)
