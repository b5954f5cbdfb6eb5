"""A line for each yardstick, before everything else, where a change brings its own."""

from __future__ import annotations

from ml_ci.gates.yardstick import Yardstick
from ml_ci.reports import pieces, sentences
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport
from ml_ci.reports.yardsticks import mark, named, seen_by


def lines(model: ModelReport) -> list[str]:
    """Say how each yardstick judges: `✗ by that of the base 3f2c1ab, ...: Misses went up: FNR 10.0% → 45.0%, ...`."""
    return [f"{mark(one)} {named(one)}: {_said(model, one)}" for one in model.yardsticks[:10]]


def _said(model: ModelReport, one: Yardstick) -> str:
    if one.reason:
        return f"not judged: {label(one.reason, 600)}"
    if one.verdict == "unjudged":
        reasons = dict.fromkeys(label(gate.reason, 300) for gate in one.gates if gate.reason)
        return f"not judged: {'; '.join(list(reasons)[:3]) or 'it has no gates'}"
    return pieces.plain(sentences.why(seen_by(model, one)))
