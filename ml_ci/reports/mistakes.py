"""How many false alarms and misses there are, and how many more than before: what the words of a report begin with."""

from __future__ import annotations

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.conditions import shape_of
from ml_ci.reports.gate_rows import find_slice
from ml_ci.reports.metrics import ERRORS, better, counts_of
from ml_ci.reports.numbers import defined, percent, share
from ml_ci.reports.values import ModelReport

_OTHER = {"fpr": "fnr", "fnr": "fpr"}


def counted(metric: str, new: Confusion, old: Confusion | None) -> str:
    """Say the mistakes of one kind: `misses 120 → 267 (+147 of 551)`, `misses 267 of 551`; "" where it has no rows."""
    now, was = counts_of(metric, new), counts_of(metric, old) if old else None
    if metric not in ERRORS or now is None or not now[1]:
        return ""
    (part, whole), before = now, was if was and was[1] else None
    if before is None:
        return f"{ERRORS[metric]} {part:,} of {whole:,}"
    if before[1] != whole:  # the rows of the two sides differ
        return f"{ERRORS[metric]} {before[0]:,} of {before[1]:,} → {part:,} of {whole:,}"
    if before[0] == part:
        return f"{ERRORS[metric]} {part:,} of {whole:,} as before"
    return f"{ERRORS[metric]} {before[0]:,} → {part:,} ({_signed(part - before[0])} of {whole:,})"


def of_gate(model: ModelReport, gate: GateResult, *, alone: bool = True) -> str:
    """Say the mistakes that a gate counts, of its slice where it has one, and of the other kind unless `alone`.

    "" for a gate on anything but FPR and FNR.
    """
    seen = shape_of(model, gate)
    new, old = find_slice(model.candidate, gate.slice), find_slice(model.baseline, gate.slice)
    if seen.metric not in _OTHER or seen.how not in ("", "each") or new is None or defined(gate.value) is None:
        return ""
    kinds = [seen.metric] if alone or gate.slice else [seen.metric, _OTHER[seen.metric]]
    return ", ".join(filter(None, (counted(kind, new, old) for kind in kinds)))


def of_model(model: ModelReport, *, rates: bool = False) -> str:
    """Say the mistakes of both kinds on the whole holdout, with their rates where asked for; "" without a candidate."""
    if model.candidate is None:
        return ""
    new, old = model.candidate.confusion, model.baseline.confusion if model.baseline else None
    say = _rated if rates and model.candidate.weights is None else counted  # a rate of weights is not that of rows
    return ", ".join(filter(None, (say(kind, new, old) for kind in ERRORS)))


def _rated(metric: str, new: Confusion, old: Confusion | None) -> str:
    """Say the mistakes of one kind with their rate: `misses 120 → 98 of 551 (17.8%)`."""
    now, was = counts_of(metric, new), counts_of(metric, old) if old else None
    if now is None or not now[1]:
        return ""
    rate = f"({percent(now[0] / now[1])})"
    if was is None or was[1] != now[1]:
        return f"{counted(metric, new, old)} {rate}"
    if was[0] == now[0]:
        return f"{ERRORS[metric]} {share(*now)} {rate} as before"
    return f"{ERRORS[metric]} {was[0]:,} → {share(*now)} {rate}"


def worst(model: ModelReport, gates: list[GateResult]) -> GateResult:
    """Give the gate that is furthest beyond its limit; the first of several.

    FPR and FNR come before everything else and are compared by points, those of a slice by the points that they mean
    for the whole holdout. Other metrics have units of their own: they are compared by shares of their limits.
    """
    return min(gates, key=lambda gate: _rank(model, gate))


def _rank(model: ModelReport, gate: GateResult) -> tuple[int, float]:
    seen, value, limit = shape_of(model, gate), defined(gate.value), defined(gate.limit)
    if value is None or limit is None or seen.metric is None:
        return 2, 0.0
    beyond = value - limit if seen.sign in ("≤", "<") or better(seen.metric) == "lower" else limit - value
    if seen.metric in ERRORS and seen.how in ("", "each"):
        return 0, -beyond * _weight(model, gate, seen.metric)
    return 1, -beyond / abs(limit) if limit else 0.0


def _weight(model: ModelReport, gate: GateResult, metric: str) -> float:
    """Give the share of the holdout's rows of a kind that a slice has; 1 for all rows, and where it is not known."""
    part, whole = find_slice(model.candidate, gate.slice), model.candidate
    of = counts_of(metric, part) if part else None
    among = counts_of(metric, whole.confusion) if whole else None
    return of[1] / among[1] if gate.slice and of and among and among[1] else 1.0


def _signed(number: int) -> str:
    return f"{number:+,}".replace("-", "−")
