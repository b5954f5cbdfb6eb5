"""What false alarms and misses cost, at the prices of `cost:`."""

from __future__ import annotations

from ml_ci.reports.gate_rows import currency
from ml_ci.reports.moves import moved
from ml_ci.reports.numbers import decimal
from ml_ci.reports.values import ModelReport, Side


def price(model: ModelReport) -> str:
    """Say what the change costs a row, at the prices of `cost:`; "" without prices or a baseline to compare with."""
    if model.cost is None or model.candidate is None:
        return ""
    fp, fn, unit = decimal(model.cost.fp, 0), decimal(model.cost.fn, 0), f" {currency(model)}".rstrip()
    rates = f"At {fp}{unit} a false alarm and {fn}{unit} a miss"
    now = _per_row(model, model.candidate)
    was = _per_row(model, model.baseline) if model.baseline else None
    if now is None:
        return ""
    if was is None:
        return f"{rates} this model costs {decimal(now, 2)}{unit} a row."
    if now == was:
        return f"{rates} this change costs nothing: {decimal(now, 2)}{unit} a row as before."
    move = moved("cost", was, now)
    if not move.change:  # less than is shown
        return f"{rates} this change costs next to nothing: {move.said[1]}{unit} a row."
    way = "costs" if now > was else "saves"
    return f"{rates} this change {way} {move.change.lstrip('+−')}{unit} a row ({move.said[0]} → {move.said[1]})."


def _per_row(model: ModelReport, side: Side) -> float | None:
    c = side.confusion
    return (c.fp * model.cost.fp + c.fn * model.cost.fn) / c.rows if model.cost and c.rows else None
