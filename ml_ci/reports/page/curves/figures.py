"""The charts of a comparison as specifications: what is on which axis, and what is drawn how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from ml_ci.evaluation.pictures import ByClass, CalibrationBin, CutCounts, Cuts, Pictures
from ml_ci.frozen import dataclass
from ml_ci.reports.card_rates import LEVEL, ends
from ml_ci.reports.differences import metric_rows
from ml_ci.reports.gate_rows import currency
from ml_ci.reports.numbers import percent
from ml_ci.reports.page.curves.frame import ACROSS, DOWN, Axis, Layer, area, chart, dots, line, rules
from ml_ci.reports.page.curves.normal import axis_of_rates, clamp
from ml_ci.reports.page.curves.thin import Point, stairs, thin
from ml_ci.reports.values import ModelReport


@dataclass(frozen=True)
class Figure:
    """A chart: its title, how to read it, what it shows in words, and what the script needs to place a dot in it."""

    kind: str
    title: str
    reading: str
    said: str
    spec: dict[str, Any]
    place: dict[str, str] = field(default_factory=dict)


def figures(model: ModelReport, pictures: Pictures) -> list[Figure]:
    """Give the charts that there is data for."""
    makers: tuple[Callable[[ModelReport, Pictures], Figure | None], ...] = (
        _roc,
        _det,
        _scores,
        _rates,
        _cost,
        _calibration,
    )
    return [made for make in makers if (made := make(model, pictures)) is not None]


_SHARES = Axis("", 0.0, 1.0, "%")


def _share_axis(title: str) -> Axis:
    return Axis(title, 0.0, 1.0, "%")


def rates_of(counts: CutCounts) -> list[Point]:
    """Give FPR and FNR at each cut; [] where one is undefined."""
    if not counts.positives or not counts.negatives:
        return []
    pairs = zip(counts.fp, counts.fn, strict=True)
    return [(fp / counts.negatives, fn / counts.positives) for fp, fn in pairs]


def _at(cuts: Cuts, counts: CutCounts | None, threshold: float | None) -> list[Point]:
    """Give FPR and FNR where a side decides; [] where no single cut decides."""
    if counts is None or threshold is None or threshold not in cuts.at:
        return []
    return rates_of(counts)[cuts.at.index(threshold) :][:1]


def _operating(cuts: Cuts) -> tuple[list[Point], list[Point]]:
    return _at(cuts, cuts.candidate, cuts.operating[0]), _at(cuts, cuts.baseline, cuts.operating[1])


def _moved(model: ModelReport, title: str) -> str:
    """Say a metric on both sides: `AUC 0.996 → 0.993`; "" without it."""
    row = next((row for row in metric_rows(model) if row.title == title), None)
    if row is None:
        return ""
    return (
        f"{title} {row.baseline} → {row.candidate}"
        if row.baseline not in ("", row.candidate)
        else f"{title} {row.candidate}"
    )


def _said(title: str, cuts: Cuts, *more: str) -> str:
    """Say where both sides decide."""
    new, old = _operating(cuts)
    sides = [("candidate", new), ("baseline", old)]
    points = [f"{name} at FPR {percent(one[0][0])}, FNR {percent(one[0][1])}" for name, one in sides if one]
    return f"{title}: {'; '.join([*filter(None, more), *points]) or 'of both sides'}"


def _roc(model: ModelReport, pictures: Pictures) -> Figure | None:
    cuts = pictures.cuts
    if cuts is None or not rates_of(cuts.candidate):
        return None

    def curve(counts: CutCounts | None) -> list[Point]:
        rates = rates_of(counts) if counts else []
        points = [(1.0, 1.0), *((fpr, 1 - fnr) for fpr, fnr in rates), (0.0, 0.0)] if rates else []
        return thin(points, (ACROSS, DOWN))

    new, old = ([(fpr, 1 - fnr) for fpr, fnr in one] for one in _operating(cuts))
    layers = [
        line([(0, 0), (1, 1)], "line", dashed=True, wide=1.5),
        line(curve(cuts.baseline), "old", dashed=True),
        line(curve(cuts.candidate), "new"),
        dots(old, "old", hollow=True),
        dots(new, "new"),
    ]
    spec = chart(_share_axis("false alarms (FPR)"), _share_axis("found (1 − FNR)"), layers)
    auc = _moved(model, "AUC")
    reading = f"{auc}; upper left is better" if auc else "upper left is better"
    return Figure("roc", "ROC", reading, _said("ROC", cuts, auc), spec)


def _det(model: ModelReport, pictures: Pictures) -> Figure | None:
    cuts = pictures.cuts
    if cuts is None or not rates_of(cuts.candidate):
        return None
    sides = [cuts.candidate, *([cuts.baseline] if cuts.baseline else [])]
    new, old = _operating(cuts)
    x = axis_of_rates(
        "false alarms (FPR)", min(1 / one.negatives for one in sides if one.negatives), [p[0] for p in (*new, *old)]
    )
    y = axis_of_rates(
        "misses (FNR)", min(1 / one.positives for one in sides if one.positives), [p[1] for p in (*new, *old)]
    )

    def placed(points: Sequence[Point]) -> list[Point]:
        return [(clamp(fpr, x), clamp(fnr, y)) for fpr, fnr in points]

    def curve(counts: CutCounts | None) -> list[Point]:
        scale = (ACROSS / (x.high - x.low), DOWN / (y.high - y.low))
        return thin(placed(rates_of(counts)), scale) if counts else []

    layers = [
        line(curve(cuts.baseline), "old", dashed=True),
        line(curve(cuts.candidate), "new"),
        dots(placed(old), "old", hollow=True),
        dots(placed(new), "new"),
    ]
    reading = "misses against false alarms on normal scales; lower left is better, and 0% lies on the edge"
    place = {"data_x": f"{x.low:.5g} {x.high:.5g}", "data_y": f"{y.low:.5g} {y.high:.5g}"}
    return Figure("det", "DET", reading, _said("DET", cuts), chart(x, y, layers), place)


def _thresholds(cuts: Cuts | None, edges: Sequence[float] = ()) -> tuple[float, float]:
    """Find the ends of an axis of thresholds: 0 and 1 for what may be a probability."""
    every = [*(cuts.at if cuts else ()), *edges]
    low, high = min(every), max(every)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _threshold_rules(cuts: Cuts | None, low: float, high: float) -> list[Layer]:
    """Mark where each side decides; of two that decide alike, the candidate's."""
    if cuts is None:
        return []
    new, old = cuts.operating
    shown = [(old, "old")] * (old is not None and old != new) + [(new, "ink")] * (new is not None)
    return [rules([(at, low)], [(at, high)], colour, dashed=True) for at, colour in shown if at is not None]


def _scores(model: ModelReport, pictures: Pictures) -> Figure | None:
    found = pictures.histograms
    if found is None or found.edges[0] == found.edges[-1]:
        return None
    low, high = _thresholds(pictures.cuts, found.edges)

    def steps(rows: tuple[int, ...], sign: float) -> list[Point]:
        whole = sum(rows) or 1
        points = [(edge, sign * rows[min(at, len(rows) - 1)] / whole) for at, edge in enumerate(found.edges)]
        return [(found.edges[0], 0.0), *stairs(points), (found.edges[-1], 0.0)]

    sides: list[ByClass] = [found.candidate, *([found.baseline] if found.baseline else [])]
    top = max(
        (count / (sum(rows) or 1) for one in sides for rows in (one.positives, one.negatives) for count in rows),
        default=1.0,
    )
    x, y = Axis("score", low, high), Axis("share of the class", -top * 1.06, top * 1.06, "%")
    layers = [
        area(steps(found.candidate.positives, 1), "pos"),
        area(steps(found.candidate.negatives, -1), "neg"),
    ]
    if found.baseline is not None:
        layers += [
            line(steps(found.baseline.positives, 1), "old", wide=1.5),
            line(steps(found.baseline.negatives, -1), "old", wide=1.5),
        ]
    layers += _threshold_rules(pictures.cuts, -top * 1.06, top * 1.06)
    reading = "positives (orange) above, negatives (violet) below" + (
        ", the baseline outlined" if found.baseline else ""
    )
    n = found.candidate
    said = f"Scores of {sum(n.positives):,} positives and {sum(n.negatives):,} negatives, in {len(n.positives)} bins"
    return Figure(
        "scores", "Scores", reading, said, _percents(chart(x, y, layers)), {"data_x": f"{low:.6g} {high:.6g}"}
    )


def _percents(spec: dict[str, Any]) -> dict[str, Any]:
    """Write the shares below 0 without a sign: below are the negatives."""
    for layer in spec["layer"]:
        axis = layer["encoding"]["y"]["axis"]
        axis.pop("format", None)
        axis["labelExpr"] = "format(abs(datum.value), '~%')"
    return spec


def _rates(model: ModelReport, pictures: Pictures) -> Figure | None:
    cuts = pictures.cuts
    if cuts is None or not rates_of(cuts.candidate):
        return None
    low, high = _thresholds(cuts)
    layers = []
    for counts, dashed in ((cuts.baseline, True), (cuts.candidate, False)):
        rates = rates_of(counts) if counts else []
        for which, colour in ((0, "neg"), (1, "pos")):
            points = [(at, one[which]) for at, one in zip(cuts.at, rates, strict=False)]
            layers.append(
                line(thin(points, (ACROSS / (high - low), DOWN)), colour, dashed=dashed, wide=1.5 if dashed else 2)
            )
    layers += _threshold_rules(cuts, 0, 1)
    reading = "misses (orange) and false alarms (violet)" + (", the baseline dashed" if cuts.baseline else "")
    spec = chart(Axis("threshold", low, high), _share_axis("rate"), layers)
    place = {"data_x": f"{low:.6g} {high:.6g}"}
    return Figure("rates", "Rates by threshold", reading, _said("Rates by threshold", cuts), spec, place)


def _cost(model: ModelReport, pictures: Pictures) -> Figure | None:
    cuts, cost = pictures.cuts, model.cost
    if cuts is None or cost is None or not rates_of(cuts.candidate):
        return None
    low, high = _thresholds(cuts)

    def of(counts: CutCounts) -> list[Point]:
        rows = counts.positives + counts.negatives
        pairs = zip(cuts.at, counts.fp, counts.fn, strict=True)
        return [(at, (fp * cost.fp + fn * cost.fn) / rows) for at, fp, fn in pairs]

    new, old = of(cuts.candidate), of(cuts.baseline) if cuts.baseline else []
    top = max((y for _, y in (*new, *old)), default=0.0) * 1.05 or 1.0
    scale = (ACROSS / (high - low), DOWN / top)
    layers = [
        line(thin(old, scale), "old", dashed=True),
        line(thin(new, scale), "new"),
        *_threshold_rules(cuts, 0, top),
    ]
    unit = currency(model)
    best = min(new, key=lambda one: one[1])
    said = f"Cost by threshold: {best[1]:.3g} a row at the least, at {best[0]:.3g}"
    reading = (
        f"{'in ' + unit if unit else 'at the prices of cost:'}, a row; the least is {best[1]:.3g} at {best[0]:.3g}"
    )
    spec = chart(Axis("threshold", low, high), Axis("cost of a row", 0, top), layers)
    return Figure("cost", "Cost by threshold", reading, said, spec, {"data_x": f"{low:.6g} {high:.6g}"})


def _calibration(model: ModelReport, pictures: Pictures) -> Figure | None:
    found = pictures.calibration
    if found is None or not found.candidate:
        return None

    def points(bins: Sequence[CalibrationBin]) -> list[Point]:
        return [(one.mean, one.positives / one.rows) for one in bins if one.rows]

    def bars(bins: Sequence[CalibrationBin], colour: str) -> Layer:
        pairs = ends([(one.positives, one.rows) for one in bins])
        known = [(one.mean, *pair) for one, pair in zip(bins, pairs, strict=True) if pair is not None]
        return rules([(x, low) for x, low, _ in known], [(x, high) for x, _, high in known], colour)

    layers = [line([(0, 0), (1, 1)], "line", dashed=True, wide=1.5)]
    if found.baseline:
        layers += [bars(found.baseline, "old"), line(points(found.baseline), "old", dashed=True, wide=1.5)]
        layers.append(dots(points(found.baseline), "old", hollow=True, size=35))
    layers += [
        bars(found.candidate, "new"),
        line(points(found.candidate), "new", wide=1.5),
        dots(points(found.candidate), "new", size=35),
    ]
    ece = _moved(model, "ECE")
    reading = (
        f"{ece + '; ' if ece else ''}on the diagonal a score is a probability; bars are {percent(LEVEL, 0)} intervals"
    )
    spec = chart(_share_axis("mean score"), _share_axis("positives"), layers)
    return Figure(
        "calibration", "Calibration", reading, f"Calibration: {ece or 'share of positives by mean score'}", spec
    )
