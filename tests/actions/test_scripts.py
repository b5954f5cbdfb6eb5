"""The actions' own small programs, without a runner."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import time
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import ModelReport, Report, Side

ACTIONS = Path(__file__).parents[2] / "actions"


def _load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"actions_{Path(path).stem}", ACTIONS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


matrix, install = _load("plan/matrix.py"), _load("install/install.py")


@pytest.mark.parametrize(
    ("actions", "legs"),
    [
        ({"a": "train", "b": "evaluate"}, [("a", "a"), ("b", "b")]),
        ({"a": "train", "b": "reuse", "c": "reuse"}, [("a", "a"), ("_unchanged", "b c")]),
        ({"a": "reuse"}, [("_unchanged", "a")]),
    ],
)
def test_every_model_is_in_one_leg(actions: dict[str, str], legs: list[tuple[str, str]]) -> None:
    plan = {"models": {name: {"action": action} for name, action in actions.items()}}
    assert [(leg["leg"], leg["models"]) for leg in matrix.legs(plan)] == legs
    assert matrix.outputs(plan)["work"] == str(any(action != "reuse" for action in actions.values())).lower()


def test_checks_that_have_to_be_done_have_a_leg_and_jobs_before_others_none() -> None:
    jobs = {
        "lint": {"action": "run", "check": True},
        "old": {"action": "reuse", "check": True},
        "features": {"action": "run", "check": False},
    }
    plan = {"models": {"a": {"action": "train"}}, "jobs": jobs}
    assert [(leg["leg"], leg["models"]) for leg in matrix.legs(plan)] == [
        ("a", "a"),
        ("lint", "lint"),
        ("_unchanged", "old"),
    ]


@pytest.mark.parametrize(
    ("working", "legs"),
    [
        ("a image smoke lint", [("a", "a image smoke"), ("lint", "lint")]),
        ("a b image", [("a", "a image"), ("b", "b")]),
        ("image smoke both", [("image", "image smoke"), ("both", "both")]),
        ("smoke", [("smoke", "smoke")]),
        ("b both", [("b", "b both")]),
    ],
)
def test_a_check_stands_in_the_leg_of_what_it_builds_on(working: str, legs: list[tuple[str, str]]) -> None:
    needs = {"wheel": ["a"], "image": ["wheel"], "smoke": ["image"], "lint": [], "both": ["a", "b"]}
    jobs = {
        name: {"action": "run" if name in working.split() else "reuse", "check": name != "wheel", "needs": needed}
        for name, needed in needs.items()
    }
    models = {name: {"action": "train" if name in working.split() else "reuse"} for name in "ab"}
    found = [(leg["leg"], leg["models"]) for leg in matrix.legs({"models": models, "jobs": jobs})]
    assert found[:-1] == legs
    assert found[-1][0] == "_unchanged"


def test_no_text_of_a_plan_ends_an_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"models": {"a": {"action": "train", "changes": ["x\\nwork=false\\nEOF"]}}}')
    matrix.main(str(file))
    lines = capsys.readouterr().out.splitlines()
    assert "work=false" not in lines
    assert len(lines) == 3 * 4


def test_the_place_is_another_for_other_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyproject.toml", "requirements.lock", "ml_ci/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(install, "CHECKOUT", tmp_path)
    monkeypatch.setattr(install, "LOCK", tmp_path / "requirements.lock")
    before = install.place()
    assert install.place() == before
    (tmp_path / "ml_ci" / "__init__.py").write_text("more")
    assert install.place() != before


def test_mlflow_is_installed_only_where_a_registry_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGISTRY", raising=False)
    assert install.locks() == (install.LOCK,)
    before = install.digest()
    monkeypatch.setenv("REGISTRY", "https://mlflow.example.com")
    assert install.locks() == (install.LOCK, install.REGISTRY_LOCK)
    assert install.digest() != before
    assert "mlflow-skinny==" in install.REGISTRY_LOCK.read_text()


def test_what_was_cut_off_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def fill(at: Path) -> None:
        at.mkdir()
        made.append(at)

    monkeypatch.setattr(install, "_fill", fill)
    at = tmp_path / "ml-ci" / "digest"
    (at / "half").mkdir(parents=True)
    install.install(at)
    install.install(at)
    assert len(made) == 1
    assert [one.name for one in at.iterdir()] == ["complete"]
    assert {one.name for one in at.parent.iterdir()} == {"digest", "digest.lock"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"checkout": "true", "python-version": "3.12", "install": "some"}),
        ({"pythonLocation": "/opt/python"}, {"python-version": "", "install": "none"}),
        ({"pythonLocation": "/opt/python", "WANTED": "3.11"}, {"python-version": "3.11", "install": "some"}),
        ({"pythonLocation": "/opt/python", "INSTALL": "make deps"}, {"install": "some"}),
        ({"FOLDER": "a b,c"}, {"store-key": "ml-ci-records-v1-Linux-X64-a_b_c-ml_ci_report-"}),
        (
            {"ARTIFACT": "ml-ci-report-churn"},
            {
                "store-key": "ml-ci-records-v1-Linux-X64-.-ml_ci_report_churn-",
                "store-keys": "ml-ci-records-v1-Linux-X64-.-ml_ci_report-",
            },
        ),
    ],
)
def test_what_there_is_to_set_up(given: dict[str, str], expected: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "output"
    base = {"FOLDER": ".", "WANTED": "", "INSTALL": "auto", "ARTIFACT": "ml-ci-report", "PATH": "/usr/bin:/bin"}
    runner = {
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_OUTPUT": str(output),
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
    }
    subprocess.run((str(ACTIONS / "gate" / "look.sh"),), env={**base, **runner, **given}, check=True)
    found: dict[str, Any] = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("verdict", "results", "code"),
    [("pass", "", 0), ("pass", "success success", 0), ("pass", "success failure", 1), ("pass", "skipped", 1),
     ("pass", "cancelled", 1), ("fail", "success", 1), ("inconclusive", "", 1), ("error", "", 1), ("", "", 1)],
)  # fmt: skip
def test_only_a_pass_after_jobs_that_ended_well(verdict: str, results: str, code: int) -> None:
    environment = {"VERDICT": verdict, "RESULTS": results, "PATH": "/usr/bin:/bin"}
    done = subprocess.run((str(ACTIONS / "report" / "verdict.sh"),), env=environment, capture_output=True)
    assert done.returncode == code


def test_what_is_written_of_a_project_has_its_folder(tmp_path: Path) -> None:
    """Without it two projects of a monorepo would set one status, and the last would hide the other's failure."""
    asked = tmp_path / "ml-ci"
    asked.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    asked.chmod(0o755)
    script = str(ACTIONS / "report" / "write.sh")
    for folder, words in (("services/a b", ["--project", "services/a b"]), ("", [])):
        done = subprocess.run(
            (script, "status"), env=os.environ | {"ML_CI": str(asked), "FOLDER": folder}, capture_output=True, text=True
        )
        assert done.stdout.splitlines() == [
            "-I",
            "-m",
            "ml_ci",
            "github",
            "status",
            "--report",
            ".ml-ci-reports",
            *words,
        ]
    steps = yaml.safe_load((ACTIONS / "report" / "action.yml").read_text())["runs"]["steps"]
    writing = [one for one in steps if "write.sh" in one.get("run", "") or "github status" in one.get("run", "")]
    assert len(writing) == 4
    assert {one["env"]["FOLDER"] for one in writing} == {"${{ inputs.working-directory }}"}


def _writing(tmp_path: Path, what: str, **given: str) -> tuple[list[str], str, str]:
    """Give what ml-ci was asked by `write.sh`, the step's outputs, and the job summary."""
    asked = tmp_path / "ml-ci"
    asked.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    asked.chmod(0o755)
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    environment = {"PATH": "/usr/bin:/bin", "ML_CI": str(asked), "RUNNER_TEMP": str(tmp_path), "FOLDER": "."}
    environment |= {name: str(file) for name, file in files.items()} | given
    command = (str(ACTIONS / "report" / "write.sh"), what)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return (done.stdout.splitlines(), *(file.read_text() for file in files.values()))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"GITHUB_WORKFLOW": "ml-ci"}, "ml-ci-page-ml-ci"),
        ({"GITHUB_WORKFLOW": "Judge / it", "FOLDER": "services/a b"}, "ml-ci-page-Judge-it-services-a-b"),
        ({"GITHUB_WORKFLOW": "x", "KEY": "../../etc"}, "ml-ci-page-x-etc"),
        ({"GITHUB_WORKFLOW": "x" * 500}, "ml-ci-page-" + "x" * 109),
    ],
)
def test_the_page_is_a_file_of_its_own_name(given: dict[str, str], name: str, tmp_path: Path) -> None:
    """The file's name is the artifact's: two projects may not have one, and no report's artifact has such a name."""
    words, outputs, summary = _writing(tmp_path, "page", EXPECT="base.yaml", **given)
    file = f"{tmp_path}/ml-ci-page/{name}.html"
    expected = ["--report", ".ml-ci-reports", "--expect", "base.yaml", "--html", file]
    assert words == ["-I", "-m", "ml_ci", "github", "page", *expected]
    assert (outputs, summary) == (f"file={file}\n", "")
    pattern = yaml.safe_load((ACTIONS / "report" / "action.yml").read_text())["inputs"]["artifact"]["default"]
    assert not fnmatch(Path(file).name, pattern)


def test_comment_and_summary_lead_to_the_page(tmp_path: Path) -> None:
    url = "https://github.com/octo/models/actions/runs/1/artifacts/2"
    words, _, summary = _writing(tmp_path, "comment", PAGE=url)
    assert words[-2:] == ["--page", url]
    assert summary == f"[The report as a page]({url})\n"
    words, _, summary = _writing(tmp_path, "comment", PAGE="")
    assert ("--page" in words, summary) == (False, "")


def test_a_page_is_kept_before_it_is_linked_and_holds_nothing_up() -> None:
    steps = _steps("report")
    drawn, kept, told = (_at(steps, text) for text in ('write.sh" page', "archive", 'write.sh" comment'))
    assert _at(steps, "gather.sh") < drawn < kept < told
    assert steps[kept]["with"]["archive"] is False
    assert steps[drawn]["continue-on-error"] is steps[kept]["continue-on-error"] is True
    assert steps[told]["env"]["PAGE"] == "${{ steps.artifact.outputs.artifact-url }}"


def test_the_interpreter_runs_nothing_of_the_repository(tmp_path: Path) -> None:
    """`-I` keeps the folder that a step runs in from shadowing ml-ci or the standard library."""
    (tmp_path / "ml_ci").mkdir()
    (tmp_path / "ml_ci" / "__init__.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    done = subprocess.run((sys.executable, "-I", "-c", "import json"), cwd=tmp_path, capture_output=True)
    assert done.returncode == 0
    for script in ACTIONS.glob("*/*.sh"):
        for line in script.read_text().splitlines():
            assert "-m ml_ci" not in line or " -I -m ml_ci" in line


def test_a_trusted_configuration_that_is_none_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    (tmp_path / "ml-ci.yaml").write_text("version: 1\nmodels: []\n")
    command = (sys.executable, str(ACTIONS / "report" / "verdict.py"), str(tmp_path), str(tmp_path / "ml-ci.yaml"))
    environment = {"PYTHONPATH": str(ACTIONS.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("::error title=ml-ci::") and "ml-ci.yaml:2: models" in line


def test_of_two_jobs_on_one_machine_one_installs_and_neither_loses_what_it_runs_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, made = tmp_path / "tools" / "abc", []

    def fill(folder: Path) -> None:
        folder.mkdir()
        made.append(folder)
        time.sleep(0.3)

    monkeypatch.setattr(install, "_fill", fill)
    (at / "half").mkdir(parents=True)
    jobs = [threading.Thread(target=install.install, args=(at,)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(made) == 1
    assert [one.name for one in at.iterdir()] == ["complete"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [("", []), ("--no-card", ["--no-card"]), (" --a  'b c' *", ["--a", "b c", "*"]), ("a\\ b ''", ["a b", ""])],
)
def test_arguments_are_words_as_in_a_shell(arguments: str, words: list[str]) -> None:
    command = (sys.executable, str(ACTIONS / "gate" / "words.py"), arguments)
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split("\0")[:-1]) == (0, words)


def test_a_quote_that_is_not_closed_is_told() -> None:
    done = subprocess.run(
        (sys.executable, str(ACTIONS / "gate" / "words.py"), "--a 'b"), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line == "::error title=ml-ci::--a 'b: No closing quotation. Close the quote in the input `arguments`."


def test_what_has_a_token_to_write_is_installed_apart_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ran on the machine before could write the place that is known, with a program of his own in it."""
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path / "temp"))
    monkeypatch.setenv("RUNNER_TOOL_CACHE", str(tmp_path / "tools"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    (tmp_path / "temp").mkdir()
    poisoned = install.place()
    (poisoned / "bin").mkdir(parents=True)
    (poisoned / "complete").touch()
    made: list[Path] = []
    monkeypatch.setattr(install, "_fill", lambda at: made.append(at) or at.mkdir())
    install.main(["new"])
    install.main(["new"])
    assert len(made) == 2
    told = [line for line in (tmp_path / "outputs").read_text().splitlines() if line.startswith("python=")]
    assert len(set(told)) == 2
    assert all(line.startswith(f"python={tmp_path / 'temp'}/") for line in told)


def _steps(action: str) -> list[dict[str, Any]]:
    steps = yaml.safe_load((ACTIONS / action / "action.yml").read_text())["runs"]["steps"]
    assert isinstance(steps, list)
    return steps


def _at(steps: list[dict[str, Any]], words: str) -> int:
    return next(at for at, step in enumerate(steps) if words in str(step))


@pytest.mark.parametrize("action", ["gate", "plan"])
def test_the_state_folder_is_cleared_between_the_checkout_and_the_cache(action: str) -> None:
    steps = _steps(action)
    cleared = _at(steps, 'rm -rf -- "$FOLDER/.ml_ci"')
    assert _at(steps, "actions/checkout@") < cleared < _at(steps, "actions/cache/restore@")


@pytest.mark.parametrize("action", ["report", "promote"])
def test_a_trusted_job_starts_from_empty_folders_and_its_own_installation(action: str) -> None:
    steps = _steps(action)
    assert all(f" {folder}" in steps[0]["run"] for folder in (".ml-ci-reports", ".ml-ci-base", ".ml-ci-records"))
    assert 'install.py" new' in steps[_at(steps, "install.py")]["run"]
    assert not any("actions/cache" in str(step) for step in steps)


_CHURN = """version: 1
models:
  churn: {run: "true", outputs: {predictions: p.csv}, data: {holdout: h.csv}, label: y, positive: 1}
"""


@pytest.mark.parametrize("folder", [".", "models/a"])
@pytest.mark.parametrize(
    ("base", "default", "verdict", "expects"),
    [
        (True, True, "pass", True),
        (True, False, "pass", True),
        (False, False, "pass", False),
        (False, True, "error", True),
    ],
)  # fmt: skip
def test_a_base_without_a_file_is_an_error_where_the_default_branch_has_one(
    tmp_path: Path, folder: str, base: bool, default: bool, verdict: str, expects: bool
) -> None:
    own = Side("r", Confusion(1, 1, 1, 1), {}, {})
    model = ModelReport("pass", "reuse", candidate=own, gates=(GateResult("fpr <= 0.5", "pass"),))
    report = Report("pass", None, None, {"churn": model})
    for name, text, there in (
        (f".ml-ci-base/{folder}/ml-ci.yaml", _CHURN, base),
        (f".ml-ci-default/{folder}/ml-ci.yaml", _CHURN, default),
        (".ml-ci-reports/report.json", dumps(report), True),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if there:
            (tmp_path / name).write_text(text)
    environment = {**os.environ, "ML_CI": sys.executable, "FOLDER": folder, "GITHUB_OUTPUT": str(tmp_path / "out")}
    for name in ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_TOKEN"):
        environment.pop(name, None)
    script = (ACTIONS / "report" / "gather.sh").read_text().replace(' -I "$here', ' "$here')  # the tree, not a wheel
    (tmp_path / "gather.sh").write_text(script)
    (tmp_path / "verdict.py").write_text((ACTIONS / "report" / "verdict.py").read_text())
    subprocess.run(("bash", "gather.sh"), cwd=tmp_path, env=environment, check=True)
    found = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    expected = f"{tmp_path}/.ml-ci-base/{folder}/ml-ci.yaml" if expects else ""
    assert found == {"verdict": verdict, "expect": expected}
