"""How a gate's result is said to someone who is no statistician."""

from __future__ import annotations

import math

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.metrics import COUNTS, OF_JOB, PERCENT, TABLE

MOST_NEEDS = 10_000_000
_MOST_DIGITS = 6


def title(atom: Metric | OverSlices) -> str:
    """Name a metric: `FNR`, `recall at FPR 0.01`, `gap in FPR by sex, race`."""
    if isinstance(atom, Metric):
        return f"recall at FPR {atom.at:g}" if atom.at is not None else _name(atom.name, atom.of)
    if atom.function == "each":
        return _name(atom.metric, atom.of)
    phrase = {"worst": "worst {0}", "gap": "gap in {0}", "ratio": "ratio of {0}"}[atom.function]
    return f"{phrase.format(_name(atom.metric, atom.of))} by {', '.join(atom.by)}"


def said(atom: Metric | OverSlices | None, *values: float) -> list[str]:
    """Say values of one metric: rates in percent, counts whole; with as many digits as tell them apart."""
    if in_points(atom):
        unit = " points" if isinstance(atom, OverSlices) and atom.function == "gap" else "%"
        return [f"{_minus(text)}{unit}" for text in _tell_apart([value * 100 for value in values], 1)]
    if all(float(value).is_integer() for value in values) and not _is_score(atom):
        return [_minus(f"{value:,.0f}") for value in values]
    return [_minus(text) for text in _tell_apart(list(values), 1 if _is_of_job(atom) else 3)]


def points(difference: float, atom: Metric | OverSlices | None) -> str:
    """Say a difference with its sign, in points where the metric is a rate: `+1.0 points`."""
    unit, scale, digits = (" points", 100, 1) if in_points(atom) else ("", 1, 3)
    shown = round(difference * scale, 9)
    text = _tell_apart([shown, 0.0], digits)[0] if shown else f"{0:.{digits}f}"
    return f"{'+' if shown >= 0 else ''}{_minus(text)}{unit}"


def in_points(atom: Metric | OverSlices | None) -> bool:
    """Say whether the metric is said in percent, and its differences in points."""
    if isinstance(atom, OverSlices):
        return atom.function != "ratio" and atom.metric in PERCENT
    return atom is not None and atom.name in PERCENT


def _is_score(atom: Metric | OverSlices | None) -> bool:
    return (isinstance(atom, Metric) and atom.name not in COUNTS) or isinstance(atom, OverSlices)


def _is_of_job(atom: Metric | OverSlices | None) -> bool:
    return isinstance(atom, Metric) and atom.name in OF_JOB


def more_rows(needs: int | None, kind: str, chance: float | None = None) -> str:
    """Say what would decide it: `about 1,900 more would decide it with a chance of 80%`.

    Without a chance to name, the rates have to stay as they are.
    """
    if needs is None:
        return f"more {kind} alone are not expected to make it pass"
    if needs >= MOST_NEEDS:
        return f"it would take more than {MOST_NEEDS:,} further {kind}"
    return f"about {two_digits(needs):,} more would decide it{with_chance(chance)}"


def with_chance(chance: float | None) -> str:
    """Say with what chance further rows decide it, as the end of a sentence; None: there is none to name."""
    return f" with a chance of {100 * chance:.0f}%" if chance else " if the rates stay as they are"


def provable(bound: float, atom: Metric | OverSlices, *, upper: bool, relative: bool) -> str:
    """Say the strictest margin or limit that is proven: `a margin of +2.3 points`, `a limit of at least 81.2%`.

    `bound` is the interval's end on the limit's side; it is rounded away from what was measured, so that what is said
    is proven too.
    """
    scale, digits = (100, 1) if in_points(atom) else (1, 3)
    value = bound * scale
    while digits < _MOST_DIGITS and 0 < abs(value) < 10 ** (1 - digits):
        digits += 1
    step = 10**digits
    rounded = math.ceil(value * step - 1e-6) / step if upper else math.floor(value * step + 1e-6) / step
    said = _minus(f"{rounded + 0.0:,.{digits}f}")
    if relative:
        return f"a margin of {'+' if rounded >= 0 else ''}{said}{' points' if in_points(atom) else ''}"
    unit = " points" if isinstance(atom, OverSlices) and atom.function == "gap" else "%"
    return f"a limit of {'' if upper else 'at least '}{said}{unit if in_points(atom) else ''}"


def confidence_said(confidence: float) -> str:
    """Say a confidence, or the level of an interval: `95%`, `99.9%`."""
    return f"{confidence * 100:.6g}%"


def said_share(share: float) -> str:
    """Say a share of rows: `20%`, at most all of them."""
    return f"{min(share, 1.0) * 100:.0f}%"


def left_out(small: tuple[str, ...], least: int) -> str:
    """Name the slices that were left out; "" for none."""
    if not small:
        return ""
    named = ", ".join(small[:5]) + (f" and {len(small) - 5:,} more" if len(small) > 5 else "")
    return f" (left out, fewer than {least:,} rows: {named})"


def two_digits(needs: int) -> int:
    """Round an estimate up to two digits, so that it does not look exact."""
    step = int(10 ** max(len(str(needs)) - 2, 0))
    return -(-needs // step) * step


def _name(name: str, of: str) -> str:
    row = TABLE.get(name)
    if of:
        return f"{of} {name}"  # a behaviour, broken
    return row.brief or row.called if row else name.replace("_", " ")


def _tell_apart(values: list[float], digits: int) -> list[str]:
    """Print with the fewest digits, from `digits` to six, at which unequal values look unequal."""
    rounded = {round(value, 9) for value in values}
    while digits < _MOST_DIGITS and len({f"{value:.{digits}f}" for value in rounded}) < len(rounded):
        digits += 1
    return [f"{value + 0.0:,.{digits}f}" for value in values]


def _minus(text: str) -> str:
    return text.replace("-", "−")
