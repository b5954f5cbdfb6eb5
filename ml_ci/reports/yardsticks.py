"""What is said of a change that brings its own yardstick: how it was judged by that one, and how by its base's."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import ORDER
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport, Side


def deciding(model: ModelReport) -> Yardstick | None:
    """Give the base's yardstick where its verdict is worse than that of the change's own; None otherwise."""
    others = [one for one in model.yardsticks if one.source != OWN and one.verdict == model.verdict]
    own = next((one for one in model.yardsticks if one.source == OWN), None)
    if own is None or not others:
        return None
    return others[0] if ORDER.index(others[0].verdict) < ORDER.index(own.verdict) else None


def seen_by(model: ModelReport, yardstick: Yardstick) -> ModelReport:
    """Give the model as one yardstick shows it: its gates, and by the base's the counts of its rows alone."""
    seen = replace(model, verdict=yardstick.verdict, gates=yardstick.gates, failure=None, yardsticks=())
    if yardstick.source == OWN:
        return seen
    return replace(
        seen,
        candidate=_side(model.candidate, yardstick.candidate),
        baseline=_side(model.baseline, yardstick.baseline),
        differences=yardstick.differences,
    )


def by_base(model: ModelReport) -> ModelReport:
    """Give the model as its base's yardstick shows it, where that one decides; otherwise as it is."""
    found = deciding(model)
    return model if found is None else seen_by(model, found)


def against(model: ModelReport) -> tuple[GateResult, ...]:
    """Give what speaks against a model by its base's yardstick, where that one decides; () otherwise."""
    found = deciding(model)
    return () if found is None else tuple(one for one in found.gates if one.verdict not in ("pass", "unjudged"))


def mark(yardstick: Yardstick) -> str:
    """Give the sign of its verdict."""
    return MARKS[yardstick.verdict]


def named(yardstick: Yardstick) -> str:
    """Name a yardstick: `by this change's yardstick`, `by that of the base 3f2c1ab (40 rows with another label)`."""
    if yardstick.source == OWN:
        return f"by this change's yardstick, {plural(yardstick.rows, 'row')}"
    changed = "; ".join(label(one, 200) for one in yardstick.changed[:6])
    rows = f", {plural(yardstick.rows, 'row')}" if yardstick.rows else ""
    left = f", {yardstick.left_out:,} left out" if yardstick.left_out else ""
    return f"by that of {label(yardstick.source, 80)}{rows}{left} (changed: {changed})"


def _side(side: Side | None, counts: Confusion | None) -> Side | None:
    return None if side is None or counts is None else replace(side, confusion=counts, metrics={}, slices={})
