from __future__ import annotations

import importlib.util
import json
import webbrowser
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ml_ci.cli import browser
from ml_ci.cli.browser import has_screen
from ml_ci.cli.main import call
from ml_ci.reports.as_json import dumps
from ml_ci.reports.forms import FORMS
from ml_ci.reports.values import Report


def _reports() -> dict[str, Callable[[], Report]]:
    path = Path(__file__).parents[1] / "reports" / "conftest.py"
    spec = importlib.util.spec_from_file_location("tests_reports_for_cli", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Callable[[], Report]] = module.REPORTS
    return found


REPORTS = _reports()
BEGINS = {
    "terminal": "✗ churn fails 1 of 4 gates\n",
    "markdown": "### ✗ churn fails 1 of 4 gates\n",
    "bitbucket": "### ✗ churn fails 1 of 4 gates\n\n> **Misses",
    "html": '<!doctype html>\n<html lang="en"><head><meta http-equiv="Content-Security-Policy"',
    "json": '{\n  "format": 1,',
    "junit": '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ml-ci" tests="5"',
    "codequality": '[\n  {\n    "description": "churn: fnr',
    "openmetrics": "# TYPE ml_ci_accuracy gauge\n",
    "sarif": '{\n  "$schema": ',
    "github": "::stop-commands::ml-ci-",
}


@pytest.fixture(autouse=True)
def _no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(dumps(REPORTS["failed_by_data"]()), encoding="utf-8")
    return path


def test_every_form_of_the_table_is_here() -> None:
    assert {*BEGINS} == {*FORMS, "github"}


@pytest.mark.parametrize("form", BEGINS)
def test_every_form(file: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", str(file), "--format", form]) == 0
    assert capsys.readouterr().out.startswith(BEGINS[form])


@pytest.mark.parametrize("form", BEGINS)
def test_every_form_into_a_file(file: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = file.with_name("out")
    assert call(["report", str(file), "--format", form, "--output", str(target)]) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith(BEGINS[form])


def test_the_default_is_where_run_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["report"]) == 2
    assert ".ml_ci/report.json: there is no report" in capsys.readouterr().err
    (tmp_path / ".ml_ci").mkdir()
    (tmp_path / ".ml_ci" / "report.json").write_text(dumps(REPORTS["passed"]()), encoding="utf-8")
    assert call(["report"]) == 0
    assert capsys.readouterr().out.startswith("✓ churn passes")


@pytest.mark.parametrize(
    ("name", "code"), [("passed", 0), ("failed_by_data", 1), ("crashed", 1), ("inconclusive", 4), ("nothing_gated", 5)]
)
def test_the_verdicts_exit_code_is_asked_for(tmp_path: Path, name: str, code: int) -> None:
    file = tmp_path / "report.json"
    file.write_text(dumps(REPORTS[name]()), encoding="utf-8")
    assert call(["report", str(file)]) == 0
    assert call(["report", str(file), "--exit-code"]) == code


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "[]", "null"])
def test_what_is_no_report_is_a_mistake(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    assert call(["report", str(file), "--format", "junit"]) == 2
    assert "report" in capsys.readouterr().err


def test_a_step_is_told_of_a_lost_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    assert call(["report", str(tmp_path / "none.json"), "--format", "github", "--exit-code"]) == 1
    assert "::error title=ml-ci::" in capsys.readouterr().out
    assert "verdict<<ml-ci-" in (tmp_path / "outputs").read_text()


def test_a_folder_that_is_not_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", str(file), "--output", str(file.parent / "none" / "x")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_json_is_validated_and_the_same(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(["report", str(file), "--format", "json"])
    assert json.loads(capsys.readouterr().out) == json.loads(file.read_text(encoding="utf-8"))


def test_junit_is_xml(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(["report", str(file), "--format", "junit"])
    assert ElementTree.fromstring(capsys.readouterr().out.encode()).get("failures") == "2"


def test_a_page_to_look_at(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("nobody asked to see it"))
    page = file.with_name("page.html")
    assert call(["report", str(file), "--html", str(page)]) == 0
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert "churn</bdi> fails 1 of 4 gates" in page.read_text(encoding="utf-8")
    assert call(["report", str(file), "--html", str(page), "--exit-code"]) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--open"], "--open shows the page that --html FILE writes"),
        (["--html", "page.html", "--format", "json"], "leave --format and --output out"),
        (["--html", "page.html", "--output", "x"], "leave --format and --output out"),
        (["--html", "page.pdf"], "Name a .html or a .htm file."),
        (["--html", "none/page.html"], "there is no folder none"),
    ],
)
def test_what_makes_no_page(
    given: list[str], said: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(file.parent)
    assert call(["report", str(file), *given]) == 2
    assert said in capsys.readouterr().err
    assert not Path("page.html").exists()


@pytest.mark.parametrize(
    ("platform", "environment", "seen"),
    [
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
        ("darwin", {"CI": "true"}, False),
        ("linux", {"DISPLAY": ":0", "CI": "1"}, False),
        ("linux", {"DISPLAY": ":0", "GITHUB_ACTIONS": "true"}, False),
        ("linux", {"DISPLAY": ":0", "CI": "false"}, True),
    ],
)
def test_a_browser_is_opened_before_a_screen_only(platform: str, environment: dict[str, str], seen: bool) -> None:
    assert has_screen(environment, platform) is seen


@pytest.mark.parametrize("screen", [True, False])
def test_the_path_is_printed_whether_it_is_opened_or_not(
    screen: bool, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    monkeypatch.setattr(browser, "has_screen", lambda *given: screen)
    page = file.with_name("page.html")
    assert call(["report", str(file), "--html", str(page), "--open"]) == 0
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert shown == ([page.resolve().as_uri()] if screen else [])


def test_a_step_compares_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", "--format", "github", "--compare", "a", "b"]) == 2
    assert "--compare is no step of a workflow" in capsys.readouterr().err
