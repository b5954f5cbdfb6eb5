"""Curves: what is drawn, in which words, how small; and the page without what draws them."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ml_ci.evaluation.pictures import ByClass, Calibration, CalibrationBin, CutCounts, Cuts, Histograms, Pictures
from ml_ci.reports.as_json import dumps
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.curves.figures import figures
from ml_ci.reports.page.curves.frame import Axis, chart, line
from ml_ci.reports.page.curves.normal import axis_of_rates, clamp
from ml_ci.reports.page.curves.paths import circle_of, shorten
from ml_ci.reports.page.curves.thin import Point, stairs, thin
from ml_ci.reports.page.page import render
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
needs_vega = pytest.mark.skipif(not draw.is_there(), reason="the extra `report` is not installed")
KINDS = ["roc", "det", "scores", "rates", "cost", "calibration"]


def _away(point: Point, line_: list[Point]) -> float:
    """Give how far a point is from a line of points."""
    best = math.inf
    for (x0, y0), (x1, y1) in pairwise(line_):
        dx, dy = x1 - x0, y1 - y0
        along = 0.0 if not dx * dx + dy * dy else ((point[0] - x0) * dx + (point[1] - y0) * dy) / (dx * dx + dy * dy)
        along = min(1.0, max(0.0, along))
        best = min(best, math.hypot(point[0] - x0 - along * dx, point[1] - y0 - along * dy))
    return best


@pytest.mark.parametrize("seed", range(5))
def test_a_thinned_line_is_the_same_to_a_quarter_of_a_pixel(seed: int) -> None:
    made, y = random.Random(seed), 0.0
    points = [(at / 500, y := y + made.random() * made.choice([0, 0, 1]) / 200) for at in range(500)]
    kept = thin(points, (272, 214))
    assert kept[0] == points[0] and kept[-1] == points[-1]
    assert len(kept) < 300
    scaled = [(x * 272, v * 214) for x, v in kept]
    assert max(_away((x * 272, v * 214), scaled) for x, v in points) <= 0.2500001


def test_few_points_stay() -> None:
    assert thin([], (1, 1)) == []
    assert thin([(0, 0), (1, 1)], (100, 100)) == [(0, 0), (1, 1)]
    assert thin([(0, 0), (0.5, 0.5), (1, 1)], (100, 100)) == [(0, 0), (1, 1)]


def test_a_staircase_is_its_corners() -> None:
    assert stairs([(0, 1), (1, 1), (2, 3), (3, 3)]) == [(0, 1), (2, 1), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("M0,5L3,5L9,5L9,7L9,9L12,3", "M0 5H9V9L12 3"),
        ("M0,5L3,5L1,5", "M0 5H3H1"),
        ("M0,0L4,0L4,2L0,2Z", "M0 0H4V2H0z"),
        ("M0,0L0,0L1,1", "M0 0L1 1"),
        ("M0,0C1,1,2,2,3,3", "M0,0C1,1,2,2,3,3"),
        ("M-3.7,0L-1.2,0", "M-3.7 0H-1.2"),
    ],
)
def test_a_path_is_written_short(path: str, shown: str) -> None:
    assert shorten(path) == shown


def test_a_dot_is_a_circle() -> None:
    dot = "M3.7,0A3.7,3.7,0,1,1,-3.7,0A3.7,3.7,0,1,1,3.7,0"
    assert circle_of(dot, "translate(12.5,-3)") == {"cx": "12.5", "cy": "-3", "r": "3.7"}
    assert circle_of(dot, "") is None
    assert circle_of("M0,0L1,1", "translate(1,1)") is None


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.02, 0.4, 1.0])
def test_a_normal_scale_has_a_place_for_every_rate(rate: float) -> None:
    axis = axis_of_rates("x", 1 / 200, [])
    at = clamp(rate, axis)
    assert math.isfinite(at)
    assert (at == axis.low) == (rate == 0)
    assert (at > axis.high) == (rate > 0.6)


def test_an_axis_reaches_what_is_shown() -> None:
    assert axis_of_rates("x", 0.01, [0.9]).high > axis_of_rates("x", 0.01, [0.1]).high
    assert axis_of_rates("x", 1.0, []).ticks


@needs_vega
def test_every_curve_is_drawn(drawn: Reports) -> None:
    made = render(drawn["drawn_fail"]())
    charts = re.findall(r'<svg [^>]*class="chart".*?</svg>', made)
    assert [re.search(r'data-chart="(\w+)"', one)[1] for one in charts] == KINDS  # type: ignore[index]
    for one in charts:
        assert len(one) < 9_000
        assert one.count("role=") == one.count("aria-label=") == 1
        assert "style=" not in one and "font-family" not in one
        assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', one)) <= {
            "none", "transparent", *draw._VARIABLES.values(),
        }  # fmt: skip
        assert not re.search(r"\d\.\d\d+[ ,LHVMz\"]", "".join(re.findall(r' d="[^"]*"', one)))
    ids = re.findall(r'id="([^"]*)"', made)
    assert len(ids) == len({*ids})
    assert set(re.findall(r"url\(#([^)]*)\)", made)) <= {*ids}


@needs_vega
def test_a_label_says_the_numbers(drawn: Reports) -> None:
    report = drawn["drawn_fail"]()
    made = render(report)
    fpr = report.models["tumours"].candidate.confusion.fpr  # type: ignore[union-attr]
    assert f"candidate at FPR {fpr:.1%}" in made


@needs_vega
def test_two_pages_of_one_report_are_the_same_bytes(drawn: Reports) -> None:
    assert render(drawn["drawn_fail"]()) == render(drawn["drawn_fail"]())


@needs_vega
@pytest.mark.parametrize(
    ("name", "most"), [("drawn_fail", 150_000), ("hundred_slices", 150_000), ("six_models", 650_000)]
)
def test_a_page_is_no_larger_than_it_may_be(name: str, most: int, drawn: Reports) -> None:
    assert len(render(drawn[name]()).encode()) <= most


EMPTY = Pictures()
COUNTS = CutCounts((3, 0), (0, 2), 2, 3)
OF_CUTS = ["roc", "det", "rates", "cost"]
ODD: dict[str, tuple[Pictures, list[str]]] = {
    "nothing": (EMPTY, []),
    "no positives": (Pictures(cuts=Cuts((0.5,), CutCounts((1,), (0,), 0, 3))), []),
    "one cut": (
        Pictures(cuts=Cuts((0.5,), CutCounts((1,), (1,), 2, 3), None, (0.5, None))),
        ["roc", "det", "rates", "cost"],
    ),
    "a margin": (Pictures(cuts=Cuts((-3.0, 4.0), COUNTS, None, (None, None))), OF_CUTS),
    "a threshold of nobody": (
        Pictures(cuts=Cuts((0.1, 0.9), COUNTS, COUNTS, (0.5, 0.1))),
        ["roc", "det", "rates", "cost"],
    ),
    "one score": (Pictures(histograms=Histograms((0.5, 0.5), ByClass((3,), (2,)))), []),
    "one bin": (Pictures(calibration=Calibration((CalibrationBin(5, 0.2, 1),))), ["calibration"]),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_odd(case: str, drawn: Reports) -> None:
    report = drawn["drawn_alone"]()
    pictures, kinds = ODD[case]
    model = replace(report.models["tumours"], pictures=pictures)
    assert [one.kind for one in figures(model, pictures)] == kinds
    made = render(replace(report, models={"tumours": model}))
    assert ('id="m1-curves"' in made) == bool(kinds)


def test_no_name_of_a_report_reaches_vega(drawn: Reports) -> None:
    """What is drawn is numbers: the fields are x and y, every title is ours."""
    for one in figures(
        drawn["drawn_fail"]().models["tumours"], drawn["drawn_fail"]().models["tumours"].pictures or EMPTY
    ):
        for layer in one.spec["layer"]:
            assert all(isinstance(v, float) for value in layer["data"]["values"] for v in value.values())
            assert {key for value in layer["data"]["values"] for key in value} <= set("xyuv")


def test_without_the_extra_the_page_is_made_and_says_what_is_missing(
    drawn: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "is_there", lambda: False)
    made = render(drawn["drawn_fail"]())
    assert "pip install &#x27;ml-ci[report]&#x27;" in made
    assert 'data-chart="' not in made
    assert 'id="m1-cuts"' in made


def test_without_the_extra_no_module_of_it_is_imported(drawn: Reports, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(dumps(drawn["drawn_fail"]()), encoding="utf-8")
    code = (
        "import sys\n"
        "sys.modules['vl_convert'] = None\n"
        "from ml_ci.cli.main import call\n"
        "assert call(['report', 'report.json', '--html', 'page.html']) == 0\n"
        "print(sorted({'vl_convert', 'jinja2', 'altair', 'matplotlib'} & {n for n, m in sys.modules.items() if m}))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "wrote page.html\n[]\n"
    assert "ml-ci[report]" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_numbers_of_the_slider_are_those_of_the_report(drawn: Reports) -> None:
    report = drawn["drawn_fail"]()
    model = report.models["tumours"]
    found = re.search(r'<script type="application/json" id="m1-cuts">(.*?)</script>', render(report))
    assert found is not None and model.pictures is not None and model.pictures.cuts is not None
    told: dict[str, Any] = json.loads(found[1])
    for side, counts in (("new", model.pictures.cuts.candidate), ("old", model.pictures.cuts.baseline)):
        assert counts is not None
        for key, expected in (("fp", counts.fp), ("fn", counts.fn)):
            steps = told[side][key]
            assert [sum(steps[: at + 1]) for at in range(len(steps))] == list(expected)
    confusion = model.candidate.confusion if model.candidate else None
    at = told["judged"][0]
    assert confusion is not None
    assert (model.pictures.cuts.candidate.fp[at], model.pictures.cuts.candidate.fn[at]) == (confusion.fp, confusion.fn)


def test_a_chart_without_points_has_its_axes() -> None:
    spec = chart(Axis("x", 0, 1), Axis("y", 0, 1), [line([], "new"), line([(0, 0), (1, 1)], "old")])
    assert len(spec["layer"]) == 1


@needs_vega
def test_of_a_page_that_is_too_large_the_curves_of_what_passes_are_left_out(
    drawn: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails, passes = drawn["drawn_fail"]().models["tumours"], drawn["drawn_pass"]().models["tumours"]
    report = replace(drawn["drawn_fail"](), models={"bad": fails, "good": passes})
    assert render(report).count('data-chart="roc"') == 2
    monkeypatch.setattr("ml_ci.reports.page.page._MOST_BYTES", 100_000)
    made = render(report)
    assert made.count('data-chart="roc"') == 1
    assert (
        made.index('data-chart="roc"')
        < made.index('id="m2"')
        < made.index("The curves of models that pass are left out")
    )
