"""The chart of the judgements on this holdout: what each candidate's rates were, and where the limits are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ml_ci.gates.values import Judgement
from ml_ci.reports.card_rates import LEVEL, ends
from ml_ci.reports.numbers import percent
from ml_ci.reports.page.curves.figures import Figure
from ml_ci.reports.page.curves.frame import Axis, Layer, chart, dots, line, rules
from ml_ci.reports.text import plural
from ml_ci.reports.values import ModelReport

# A gate on all rows with a fixed limit, of which the chart can draw the line.
_FIXED = re.compile(r"^(fpr|fnr) <= [0-9.]+%?(?: @ [0-9.]+)?$")
_COLOURS = {"fpr": "neg", "fnr": "pos"}
_NEXT_TO = 0.12


def judged(model: ModelReport) -> Figure | None:
    """Give the chart, None where fewer than two judgements are known, or where rows have weights: counts have none."""
    found = model.judgements
    if len(found) < 2 or model.candidate is None or model.candidate.weights is not None:
        return None
    limits = dict(_limits(model))
    rates = {name: _rates(found, name) for name in _COLOURS}
    tops = [high for one in rates.values() for _, _, high in one] + [*limits.values()]
    top = min(1.0, max(tops, default=0.0) * 1.1 or 1.0)
    layers = [layer for name in _COLOURS for layer in _layers(rates[name], name, limits.get(name), len(found))]
    x = Axis("judgement on this holdout, the latest last", 0.5, len(found) + 0.5, ticks=_ticks(len(found)))
    spec = chart(x, Axis("rate", 0.0, top, "%"), layers)
    return Figure("judgements", "Judgements", _reading(limits), _said(found), spec)


def _rates(found: Sequence[Judgement], name: str) -> list[tuple[float, float, float]]:
    """Give the rate of each judgement with its interval; NaN where it is undefined."""
    pairs = [(one.fp, one.fp + one.tn) if name == "fpr" else (one.fn, one.fn + one.tp) for one in found]
    undefined = (float("nan"), float("nan"))
    known = [interval or undefined for interval in ends(pairs)]
    return [
        (part / whole if whole else undefined[0], *interval)
        for (part, whole), interval in zip(pairs, known, strict=True)
    ]


def _layers(rates: Sequence[tuple[float, float, float]], name: str, limit: float | None, looks: int) -> Iterator[Layer]:
    colour, aside = _COLOURS[name], -_NEXT_TO if name == "fpr" else _NEXT_TO
    shown = [(at + aside, *one) for at, one in enumerate(rates, 1) if one[0] == one[0]]
    if limit is not None:
        yield line([(0.5, limit), (looks + 0.5, limit)], colour, dashed=True, wide=1.5)
    yield rules([(x, low) for x, _, low, _ in shown], [(x, high) for x, _, _, high in shown], colour)
    points = [(x, value) for x, value, _, _ in shown]
    yield dots(points[:-1], colour, hollow=True, size=35)
    yield dots(points[-1:], colour)


def _limits(model: ModelReport) -> Iterator[tuple[str, float]]:
    for gate in model.gates:
        fixed = _FIXED.match(gate.condition)
        if fixed and gate.slice is None and gate.limit is not None:
            yield fixed[1], gate.limit


def _ticks(looks: int) -> tuple[tuple[float, str], ...]:
    step = max(1, -(-looks // 8))
    return tuple((float(at), str(at)) for at in range(1, looks + 1, step))


def _reading(limits: dict[str, float]) -> str:
    drawn = ", limits dashed" if limits else ""
    return f"misses (orange) and false alarms (violet); {percent(LEVEL, 0)} intervals, the latest filled{drawn}"


def _said(found: Sequence[Judgement]) -> str:
    passed = sum(one.verdict == "pass" for one in found)
    last = found[-1]
    rates = f"{last.fp} false alarms and {last.fn} misses in the latest"
    return f"Judgements on this holdout: {plural(len(found), 'judgement')}, {passed} passed; {rates}"
