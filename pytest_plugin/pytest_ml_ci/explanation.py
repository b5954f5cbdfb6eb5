"""The few lines that explain in pytest why a gate does not pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.gates.values import GateResult
from ml_ci.reports import advice, causes, deeds, pieces, sentences
from ml_ci.reports.gate_rows import MARKS, gate_row, remarks
from ml_ci.reports.text import label, log_lines
from ml_ci.reports.values import ModelReport, Report

_MOST_RESULTS = 8
_MOST_CHANGES = 6


def explain(name: str, report: Report, gates: Sequence[GateResult], *, log_at: str = "") -> str:
    """Say why these gates of one model do not pass: the numbers, the cause, what was done, what to do.

    `log_at` is the test that shows the tail of a failed job's log; "" shows it here.
    """
    model = report.models[name]
    if model.failure and (model.failure.code != NOTHING_GATED or not gates):
        return "\n".join(_failed(name, model.failure, log_at))
    return "\n".join(_judged(name, report, replace(model, gates=tuple(gates))))


def contradiction(name: str, model: ModelReport) -> str:
    """Say that no gate explains the verdict on a model."""
    return f"{sentences.marked(name, model)}\n  {pieces.plain(sentences.why(model))}"


def nothing_judged(name: str, model: ModelReport) -> str:
    """Say that no gate of a model was judged, why, and which gate to add."""
    reasons = dict.fromkeys(label(gate.reason, 600) for gate in model.gates if gate.reason)
    steps = pieces.plain(advice.next_steps(name, model))
    return "\n".join((sentences.marked(name, model), *_indented("; ".join(reasons), steps)))


def _failed(name: str, failure: Failure, log_at: str) -> Iterator[str]:
    if failure.code == NOTHING_GATED:
        yield f"{MARKS['unjudged']} {label(name, 100)} was not judged: {label(failure.message, 1000)}"
    else:
        yield f"{MARKS['error']} {label(name, 100)} could not be judged: {label(failure.message, 1000)}"
    if failure.hint:
        yield f"  {sentences.failure_hint(failure)}"
    if log_at and failure.log_tail.strip():
        yield f"  the job's log is shown with {log_at}"
    elif failure.log_tail.strip():
        yield "  the job's log ended with:"
        yield from (f"  | {line}".rstrip() for line in log_lines(failure.log_tail))


def _judged(name: str, report: Report, model: ModelReport) -> Iterator[str]:
    bad = [gate for gate in model.gates if gate.verdict not in ("pass", "unjudged")]
    for gate in bad[:_MOST_RESULTS]:
        yield from _gate(model, gate)
    if len(bad) > _MOST_RESULTS:
        yield f"and {len(bad) - _MOST_RESULTS:,} more"
    worst = replace(model, verdict=bad[0].verdict if bad else model.verdict)
    yield from _indented(pieces.plain(causes.cause(model)))
    for change in model.changes[:_MOST_CHANGES]:
        yield f"    {label(change.part, 80)}: {label(change.summary, 300)}"
    yield from _indented(
        pieces.plain(deeds.done(name, model)),
        pieces.plain(advice.next_steps(name, worst)),
        f"reproduce: {pieces.plain(advice.again(name, report))}",
    )


def _gate(model: ModelReport, gate: GateResult) -> Iterator[str]:
    row = gate_row(model, gate)
    said = pieces.plain(sentences.gate_sentence(model, gate))
    yield f"{row.mark} {said}"
    of = " of the difference" if row.shape.relative else ""
    yield from _indented(
        f"{row.level} interval{of}: {row.interval}".lstrip() if row.interval else "",
        *(line for line in remarks(row) if line.rstrip(".").lower() not in said.lower()),
    )


def _indented(*lines: str) -> Iterator[str]:
    yield from (f"  {line}" for line in lines if line)
