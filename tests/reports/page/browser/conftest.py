"""A Chromium that is installed, driven by Playwright's client; without either, these tests are skipped by name."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ml_ci.changes.values import Change
from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.live.page import render_canary, render_watch
from ml_ci.reports.page.page import render
from ml_ci.reports.values import Report

Open = Callable[..., Any]


def _load(place: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tests_reports_{place.parent.name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAWN = _load(Path(__file__).parents[1] / "conftest.py")
REPORTS: dict[str, Callable[[], Report]] = {**_load(Path(__file__).parents[2] / "conftest.py").REPORTS, **DRAWN.DRAWN}
LIVE = _load(Path(__file__).parents[2] / "live" / "conftest.py")
# What a page is drawn of, by name: a report, a look at live rows, a candidate beside the champion.
PAGES: dict[str, Callable[[], str]] = {
    **{name: lambda make=make: render(make()) for name, make in REPORTS.items()},
    **{f"watch_{name}": lambda make=make: render_watch(make()) for name, make in LIVE.WATCHES.items()},
    **{f"canary_{said}": lambda said=said: render_canary(LIVE.canary(said)) for said in ("promote", "roll back")},
}  # type: ignore[misc]


def _with(name: str) -> Report:
    """Give a report whose every name is this one."""
    report = REPORTS["drawn_fail"]()
    model = report.models["tumours"]
    assert model.candidate is not None and model.baseline is not None and model.pictures is not None
    sides = [replace(one, slices=_named(one.slices, name)) for one in (model.candidate, model.baseline)]
    gates = tuple(
        replace(one, condition=name, slice=one.slice and f"{name} = {name}", reason=name) for one in model.gates
    )
    model = replace(
        model,
        candidate=sides[0],
        baseline=replace(sides[1], source=name),
        gates=gates,
        changes=(Change(name, name, (name,)),),
        paths={name: name},
        notes=(name,),
        cautions=(name,),
        cost=None,
        behaviours={name: replace(model.behaviours["rounding"], says=name)},
        pictures=replace(model.pictures, drift=tuple(replace(one, column=name) for one in model.pictures.drift)),
    )
    return replace(report, models={name: model}, config=name, cautions=(name,))


def _named(slices: Mapping[str, Mapping[str, Confusion]], name: str) -> dict[str, dict[str, Confusion]]:
    values = {f"{name} {at}": one for at, one in enumerate(slices["region"].values())}
    return {name: values}


@pytest.fixture
def tricked(tmp_path: Path) -> Callable[[str], Path]:
    """Give the page of a report whose every name is the one that is given."""

    def file(name: str) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.html"
        path.write_text(render(_with(name)), encoding="utf-8")
        return path

    return file


@pytest.fixture
def scored() -> Callable[[], tuple[Any, ...]]:
    """Give the labels and scores behind `drawn_fail`, and its cuts."""

    def give() -> tuple[Any, ...]:
        pictures = REPORTS["drawn_fail"]().models["tumours"].pictures
        assert pictures is not None and pictures.cuts is not None
        return *DRAWN.scores(1_200, 7, 1.2), pictures.cuts.at

    return give


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Give a browser; its profile is gone with it."""
    api = pytest.importorskip("playwright.sync_api", reason="no client of Playwright")
    found = os.environ.get("ML_CI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the file of a report's page by the report's name."""
    folder = tmp_path_factory.mktemp("pages")

    def file(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(PAGES[name](), encoding="utf-8")
        return path

    return file


@pytest.fixture
def opened(chromium: Any, pages: Callable[[str], Path]) -> Iterator[Open]:
    """Open the page of a report in a window of its own; what it asks for and says is in `requests` and `messages`."""
    contexts = []

    def show(
        name: str | Path, *, width: int = 1280, scheme: str = "light", script: bool = True, offline: bool = True
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, offline=offline
        )
        contexts.append(context)
        page = context.new_page()
        page.requests, page.messages = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.messages.append(message.text))
        page.on("pageerror", lambda error: page.messages.append(str(error)))
        page.on("dialog", lambda dialog: (page.messages.append("dialog"), dialog.dismiss()))
        page.goto((name if isinstance(name, Path) else pages(name)).as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture
def axe() -> str:
    """Give axe-core's script; it is installed by npm, apart."""
    found = os.environ.get("ML_CI_AXE", "")
    if not found or not Path(found).is_file():
        pytest.skip("no axe-core: set ML_CI_AXE to its axe.min.js")
    return Path(found).read_text(encoding="utf-8")
