"""The frame of every chart: where its plot lies is fixed, so that the page's script can place a dot in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.reports.page.curves.thin import Point

WIDTH, HEIGHT = 340, 262
LEFT, TOP, RIGHT, BOTTOM = 50, 8, 18, 40
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
# What the page calls them, in the colours of the light scheme: each stands for a variable of the style.
COLOURS = {
    "new": "#0969da",
    "old": "#6e7781",
    "pos": "#bc4c00",
    "neg": "#7a3fd0",
    "line": "#d8dee4",
    "quiet": "#59636e",
    "ink": "#1f2328",
    "paper": "#ffffff",
    "good": "#1a7f37",
    "bad": "#c4212b",
    "warn": "#8a5a00",
}


@dataclass(frozen=True)
class Axis:
    """An axis: its title, its ends, its ticks with what is written at them (none: Vega's own, in `format`)."""

    title: str
    low: float
    high: float
    format: str = ""
    ticks: tuple[tuple[float, str], ...] = ()

    def encode(self) -> dict[str, Any]:
        """Give it to Vega-Lite. Titles and labels are ours: nothing of a report stands in one."""
        axis: dict[str, Any] = {"title": self.title, "tickCount": 5}
        if self.ticks:
            labels = " : ".join(f"datum.value == {value!r} ? '{said}'" for value, said in self.ticks)
            axis |= {"values": [value for value, _ in self.ticks], "labelExpr": f"{labels} : ''"}
        elif self.format:
            axis["format"] = self.format
        scale = {"domain": [self.low, self.high], "nice": False, "zero": False}
        return {"type": "quantitative", "scale": scale, "axis": axis}


@dataclass(frozen=True)
class Layer:
    """Marks of one kind at points; `ends` are where rules end, `mark` is how Vega-Lite draws them."""

    points: Sequence[Point]
    mark: dict[str, Any]
    ends: Sequence[Point] = ()


def chart(x: Axis, y: Axis, layers: Sequence[Layer]) -> dict[str, Any]:
    """Give the chart as Vega-Lite: data values are numbers, their names are x and y."""
    return {
        "$schema": _SCHEMA,
        "width": ACROSS,
        "height": DOWN,
        "autosize": {"type": "none"},
        "padding": {"left": LEFT, "top": TOP, "right": RIGHT, "bottom": BOTTOM},
        "background": None,
        "layer": [_layer(x, y, layer) for layer in layers if layer.points],
        "config": _CONFIG,
    }


def _layer(x: Axis, y: Axis, layer: Layer) -> dict[str, Any]:
    values = [{"x": _short(one[0]), "y": _short(one[1])} for one in layer.points]
    encoding = {"x": {"field": "x", **x.encode()}, "y": {"field": "y", **y.encode()}}
    if layer.ends:
        for value, end in zip(values, layer.ends, strict=True):
            value |= {"u": _short(end[0]), "v": _short(end[1])}
        encoding |= {"x2": {"field": "u"}, "y2": {"field": "v"}}
    if layer.mark["type"] in ("line", "area"):
        encoding |= {"order": {"value": None}}  # as given: the corners of a staircase share their places
        encoding["y"]["stack"] = None
    return {"data": {"values": values}, "mark": {"clip": True, **layer.mark}, "encoding": encoding}


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def line(points: Sequence[Point], colour: str, *, dashed: bool = False, wide: float = 2) -> Layer:
    """Draw a line, dashed where it is the baseline's."""
    mark: dict[str, Any] = {"type": "line", "color": COLOURS[colour], "strokeWidth": wide}
    return Layer(points, mark | ({"strokeDash": [5, 3]} if dashed else {}))


def dots(points: Sequence[Point], colour: str, *, hollow: bool = False, size: float = 55) -> Layer:
    """Draw dots, hollow where they are the baseline's."""
    mark = {"type": "point", "filled": not hollow, "color": COLOURS[colour], "size": size, "opacity": 1}
    return Layer(points, mark | ({"fill": COLOURS["paper"], "strokeWidth": 2} if hollow else {}))


def rules(points: Sequence[Point], ends: Sequence[Point], colour: str, *, dashed: bool = False) -> Layer:
    """Draw stretches between points and ends."""
    mark: dict[str, Any] = {"type": "rule", "color": COLOURS[colour], "strokeWidth": 1.5}
    return Layer(points, mark | ({"strokeDash": [3, 3]} if dashed else {}), ends)


def area(points: Sequence[Point], colour: str) -> Layer:
    """Fill what lies between a line and 0."""
    return Layer(points, {"type": "area", "color": COLOURS[colour], "opacity": 0.75, "line": False})


_CONFIG = {
    "font": "system-ui",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": COLOURS["line"],
        "labelColor": COLOURS["quiet"],
        "titleColor": COLOURS["quiet"],
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "labelOverlap": True,
        "labelFlush": False,
    },
    "axisX": {"titleY": 26},
    "axisY": {"titleX": -38},
}
