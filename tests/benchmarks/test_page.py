"""The page of one model beside Plotly's and Evidently's of the same scores: bytes, time to write, time to be there.

`ML_CI_PAGES` names a Python that has `plotly` and `evidently`; without it only ours is measured.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ml_ci.reports.page.page import render

pytestmark = pytest.mark.benchmark

PLOTLY = """
import sys, numpy as np, plotly.graph_objects as go
from plotly.subplots import make_subplots
from sklearn.calibration import calibration_curve
from sklearn.metrics import det_curve, roc_curve
d = np.load(sys.argv[1]); y = d["truth"]
made = make_subplots(2, 3, subplot_titles=["ROC", "DET", "Scores", "Rates", "Cost", "Calibration"])
for name in ("candidate", "baseline"):
    s = d[name]
    fpr, tpr, at = roc_curve(y, s); f, m, t = det_curve(y, s); p, q = calibration_curve(y, s, n_bins=15)
    made.add_trace(go.Scatter(x=fpr, y=tpr, name=name), 1, 1)
    made.add_trace(go.Scatter(x=f, y=m, name=name), 1, 2)
    for one in (True, False):
        made.add_trace(go.Histogram(x=s[y == one], nbinsx=40, name=f"{name} {one}"), 1, 3)
    made.add_trace(go.Scatter(x=t, y=f, name=f"{name} FPR"), 2, 1)
    made.add_trace(go.Scatter(x=t, y=m, name=f"{name} FNR"), 2, 1)
    made.add_trace(go.Scatter(x=t, y=5 * f * (~y).mean() + 120 * m * y.mean(), name=name), 2, 2)
    made.add_trace(go.Scatter(x=q, y=p, name=name), 2, 3)
made.write_html(sys.argv[2], include_plotlyjs=True)
"""
EVIDENTLY = """
import sys, numpy as np, pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset
d = np.load(sys.argv[1])
def table(name):
    rows = pd.DataFrame({"label": d["truth"].astype(int), "score": d[name]})
    rows["called"] = (rows.score >= 0.5).astype(int)
    roles = DataDefinition(classification=[BinaryClassification(
        target="label", prediction_labels="called", prediction_probas="score", pos_label=1)])
    return Dataset.from_pandas(rows, data_definition=roles)
Report([ClassificationPreset()]).run(table("candidate"), table("baseline")).save_html(sys.argv[2])
"""

SLIDE = """() => {
  const range = document.querySelector(".slider input"), took = [];
  for (let at = 0; at < 100; at++) {
    const began = performance.now();
    range.value = at * 3;
    range.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    took.push(performance.now() - began);
  }
  return took.sort((one, other) => one - other)[50];
}"""


@pytest.fixture(scope="module")
def made() -> ModuleType:
    """Give what makes the reports of the page's tests."""
    place = Path(__file__).parents[1] / "reports" / "page" / "conftest.py"
    spec = importlib.util.spec_from_file_location("tests_pages_for_benchmark", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    found = os.environ.get("ML_CI_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


def _there(browser: Any, file: Path) -> float:
    """Give the seconds until the page stands and the browser has nothing more to do for it: the least of three."""
    took = []
    for _ in range(3):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        began = time.perf_counter()
        page.goto(file.as_uri())
        page.evaluate("() => new Promise((done) => requestIdleCallback(() => done()))")
        took.append(time.perf_counter() - began)
        page.close()
    return min(took)


def _write_other(code: str, scores: Path, page: Path) -> float:
    python = os.environ.get("ML_CI_PAGES")
    if not python:
        pytest.skip("set ML_CI_PAGES to a Python with plotly and evidently")
    began = time.perf_counter()
    subprocess.run((python, "-c", code, str(scores), str(page)), check=True, capture_output=True, timeout=300)
    return time.perf_counter() - began


@pytest.mark.parametrize("name", ["drawn_fail", "six_models"])
def test_it_is_there_within_a_second(made: ModuleType, browser: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "ml-ci.html").write_text(render(made.DRAWN[name]()), encoding="utf-8")
    there = _there(browser, tmp_path / "ml-ci.html")
    print(f"{name:10} there after {there * 1000:6,.0f} ms")
    assert there < 1.0


def test_a_step_of_the_slider_takes_less_than_a_frame(made: ModuleType, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "ml-ci.html").write_text(render(made.DRAWN["drawn_fail"]()), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((tmp_path / "ml-ci.html").as_uri())
    took = page.evaluate(SLIDE)
    page.close()
    print(f"a step of the slider takes {took:.1f} ms")
    assert took < 16


def test_ours_is_smaller_and_there_sooner(made: ModuleType, browser: Any, tmp_path: Path) -> None:
    report = made.report("tumours", rows=5_000)
    truth, new, old = made.scores(5_000, 7, 1.2)
    np.savez(tmp_path / "scores.npz", truth=truth, candidate=new, baseline=old)
    began = time.perf_counter()
    (tmp_path / "ml-ci.html").write_text(render(report), encoding="utf-8")
    wrote = {"ml-ci": time.perf_counter() - began}
    for name, code in (("plotly", PLOTLY), ("evidently", EVIDENTLY)):
        wrote[name] = _write_other(code, tmp_path / "scores.npz", tmp_path / f"{name}.html")
    found = {
        name: ((tmp_path / f"{name}.html").stat().st_size, _there(browser, tmp_path / f"{name}.html")) for name in wrote
    }
    for name, (size, there) in found.items():
        print(
            f"{name:10} {size / 1000:9,.0f} KB   written in {wrote[name]:5.1f} s   there after {there * 1000:6,.0f} ms"
        )
    assert found["ml-ci"][0] <= 150_000 and found["ml-ci"][1] < 1.0
    for name in ("plotly", "evidently"):
        assert found["ml-ci"][0] * 10 < found[name][0]
        assert found["ml-ci"][1] < found[name][1]
