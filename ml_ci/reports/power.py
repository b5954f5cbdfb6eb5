"""What a holdout can prove, in words: `ml-ci power`."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.gates.planning import POWERS, GatePower, Power
from ml_ci.gates.together import one_of
from ml_ci.gates.wording import confidence_said
from ml_ci.metrics import BROKEN, TABLE
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
    whose = f" of {gate.clusters:,} {_unit(gate, gate.clusters)}" if gate.clusters is not None else ""
    yield f"  with {gate.rows:,} {gate.kind}{whose} and {sure}, at best {gate.best} can be proven"
    if gate.least is None:
        yield f"  {gate.wanted}: no number of rows proves it without an improvement"
        return
    never = "" if gate.provable else ": these can never prove it"
    fewest = _amount(gate, gate.least, gate.least_clusters)
    yield f"  the least that could prove {gate.wanted}: {fewest}, all right{never}"
    shown = [
        f"{_amount(gate, rows, clusters)} with a chance of {100 * power:.0f}%"
        for rows, clusters, power in zip(gate.planned, gate.planned_clusters, POWERS, strict=True)
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


def _amount(gate: GatePower, rows: int, clusters: int | None) -> str:
    """Say rows, or the clusters that bring them: `932 customers (4,846 negatives)`."""
    if clusters is None:
        return f"{rows:,} {gate.kind}"
    return f"{clusters:,} {_unit(gate, clusters)} ({rows:,} {gate.kind})"


def _unit(gate: GatePower, number: int) -> str:
    return one_of(gate.unit) if number == 1 else gate.unit


def _assumed(gate: GatePower, measured: bool) -> str:
    alike = ""
    if gate.correlation is not None:
        told = ", which no comparison tells yet" if gate.assumed else ""
        alike = f"; rows of one {one_of(gate.unit)} are alike by {gate.correlation:.2g}{told}"
    return _assumed_rates(gate, measured) + alike


def _assumed_rates(gate: GatePower, measured: bool) -> str:
    if gate.discordance is None:
        return "if the true rate is half of the limit"
    of_labels = gate.kind != TABLE[BROKEN].of  # the last comparison of labels tells nothing of a behaviour
    source = "as last measured" if measured and gate.slice is None and of_labels else "as is usual"
    return f"if the models are equally good and differ on {100 * gate.discordance:.2g}% of them, {source}"
