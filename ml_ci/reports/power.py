"""What a holdout can prove, in words: `ml-ci power`."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.gates.planning import GatePower, Power
from ml_ci.gates.wording import confidence_said
from ml_ci.reports.text import label, plural


def lines(found: Power, *, verbose: bool = False) -> Iterator[str]:
    """Say the rows of the holdout, then each gate in a few lines; `verbose` compares with other people's bounds."""
    negatives, positives = found.rows.classes
    yield f"{label(found.model, 100)}: {negatives + positives:,} rows, {positives:,} positives, {negatives:,} negatives"
    for note in found.standing.notes:
        yield f"  {note}"
    for gate in found.gates:
        yield ""
        yield from (f"  {line}" for line in _gate(gate, found.measured, verbose))
    if not found.gates:
        yield "  no gate to plan: add a line under gates:"


def _gate(gate: GatePower, measured: bool, verbose: bool) -> Iterator[str]:
    yield label(gate.condition, 200) + (f", {label(gate.slice, 100)}" if gate.slice else "")
    if gate.reason or gate.confidence is None or gate.rows is None or gate.bound is None:
        yield f"  {gate.reason}"
        return
    sure = f"{confidence_said(gate.confidence)} confidence"
    yield f"  with {gate.rows:,} {gate.kind} and {sure}, at best {gate.best} can be proven"
    if gate.least is None:
        yield f"  {gate.wanted}: no number of rows proves it without an improvement"
        return
    never = "" if gate.provable else ": these can never prove it"
    yield f"  the least that could prove {gate.wanted}: {gate.least:,} {gate.kind}, all right{never}"
    shown = [
        f"{rows:,} {gate.kind} with a chance of {100 * power:.0f}%"
        for rows, power in zip(gate.planned, (0.8, 0.95), strict=True)
        if rows
    ]
    if shown:
        yield f"  it passes on {', on '.join(shown)}, {_assumed(gate, measured)}"
    if gate.easeml and verbose:
        looks = f"{gate.looks:,} looks" if gate.looks > 1 else "one look"
        labels = (
            f", or for {plural(gate.labels, 'label')} a look, of rows on which the models differ" if gate.labels else ""
        )
        yield f"  for comparison: the bounds of ease.ml/ci ask for {gate.easeml:,} ({looks}){labels}"


def _assumed(gate: GatePower, measured: bool) -> str:
    if gate.discordance is None:
        return "if the true rate is half of the limit"
    source = "as last measured" if measured and gate.slice is None else "as is usual"
    return f"if the models are equally good and differ on {100 * gate.discordance:.2g}% of them, {source}"
