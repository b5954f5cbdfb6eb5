"""`Reproduce:` repeats the run: the command that a report gives has the same outcome, by the same gates."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.reports.as_json import loads
from ml_ci.reports.markdown import render
from ml_ci.review.shards import joined

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

SPEC = """\
version: 1
models:
  m:
    run: {job}
    outputs: {{predictions: "{{out}}/s.csv"}}
    data: {{holdout: holdout.csv}}
    label: label
    positive: 1
    code: [pred.csv]
    gates: [{gates}]
    stages: [{{name: production, gates: [fpr <= 0.02]}}, champion]
"""
COPY = "cp pred.csv {out}/s.csv"
STRICT, LOOSE = "fpr <= 0.01", "fpr <= 0.50"


def spec(gates: str, job: str = COPY) -> str:
    return SPEC.format(job=job, gates=gates)


@pytest.fixture
def project(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a model that raises 10% false alarms, and a change that loosens the gate which forbids them."""
    holdout = "label\n" + "".join(f"{row % 2}\n" for row in range(200))
    predictions = "prediction\n" + "".join(f"{row % 2 if row % 10 else 1 - row % 2}\n" for row in range(200))
    files = {"holdout.csv": holdout, "pred.csv": predictions, ".gitignore": ".ml_ci/\n"}
    repository.commit({**files, "ml-ci.yaml": spec(STRICT), "other.yaml": spec(STRICT)})
    repository.git("tag", "strict")
    repository.git("switch", "-q", "-c", "change")
    repository.commit({"ml-ci.yaml": spec(LOOSE)})
    monkeypatch.chdir(repository.path)
    for name in ("GITHUB_ACTIONS", "GITHUB_BASE_REF", "ML_CI_GATES_FROM", "ML_CI_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    return repository


def run(path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Run ml-ci; give its exit code, what its report says of the verdict, and the command that makes it again."""
    code = call(("run", "--verbose", *arguments))
    printed = capsys.readouterr().out
    report = json.loads((path / ".ml_ci" / "report.json").read_text())
    said = {
        name: (model["verdict"], [(gate["condition"], gate["verdict"], gate["baseline"]) for gate in model["gates"]])
        for name, model in report["models"].items()
    }
    (again,) = set(re.findall(r"reproduce: (ml-ci .*)", printed))
    return code, said, again


ASKED = [
    pytest.param((), 0, "ml-ci run --baseline BASE", id="nothing"),
    pytest.param(("--baseline", "HEAD~1"), 0, "ml-ci run --baseline BASE", id="a commit"),
    pytest.param(("--baseline", "strict"), 0, "ml-ci run --baseline BASE", id="a tag"),
    pytest.param(("--baseline", "none"), 0, "ml-ci run --baseline none", id="no baseline"),
    pytest.param(("--gates-from", "strict"), 1, "ml-ci run --baseline BASE --gates-from BASE", id="gates of a tag"),
    pytest.param(("--gates-from", "none"), 0, "ml-ci run --baseline BASE", id="gates of its own"),
    pytest.param(
        ("--baseline", "none", "--gates-from", "main"),
        1,
        "ml-ci run --baseline none --gates-from BASE",
        id="gates of a branch and no baseline",
    ),
    pytest.param(("--stage", "production"), 1, "ml-ci run --baseline BASE --stage production", id="a stage"),
    pytest.param(("--config", "ml-ci.yaml"), 0, "ml-ci run --baseline BASE", id="the usual file"),
    pytest.param(("--config", "other.yaml"), 1, "ml-ci run --baseline BASE --config other.yaml", id="another file"),
    pytest.param(
        ("--python", sys.executable), 0, f"ml-ci run --baseline BASE --python {sys.executable}", id="an interpreter"
    ),
]


@pytest.mark.parametrize(("asked", "code", "again"), ASKED)
def test_the_command_repeats_the_run(
    project: Any, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], code: int, again: str
) -> None:
    base = project.git("rev-parse", "strict")
    again = again.replace("BASE", base[:7])
    first = run(project.path, capsys, *asked)
    assert (first[0], first[2]) == (code, again)
    assert run(project.path, capsys, *shlex.split(again)[2:]) == first
    report = loads((project.path / ".ml_ci" / "report.json").read_text())
    assert f"Reproduce: `{again}`" in render(report)


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        (("--baseline", "HEAD~1"), "ml-ci run --baseline BASE"),
        (("--baseline", "none"), "ml-ci run --baseline none"),
        (("--gates-from", "strict"), "ml-ci run --gates-from BASE"),
        (("--baseline", "HEAD~1", "--gates-from", "strict"), "ml-ci run --baseline BASE --gates-from BASE"),
    ],
)
def test_a_run_that_failed_is_repeated_too(
    project: Any, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], again: str
) -> None:
    """The moment at which somebody wants to repeat it: both sides broken, so that there is no side in the report."""
    base = project.git("rev-parse", "strict")
    project.commit({"ml-ci.yaml": spec(LOOSE, job="exit 3")})
    project.git("tag", "-f", "strict", base)
    asked = tuple(base if one == "HEAD~1" else one for one in asked)
    first = run(project.path, capsys, *asked)
    assert (first[0], first[2]) == (1, again.replace("BASE", base[:7]))
    assert run(project.path, capsys, *shlex.split(first[2])[2:]) == first


def test_the_interpreter_of_a_runner_is_nobody_elses(
    project: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "--python" not in run(project.path, capsys, "--python", sys.executable)[2]


def test_several_models_repeat_one(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    two = spec(LOOSE) + spec(LOOSE).partition("models:\n")[2].replace("  m:", "  n:", 1)
    project.commit({"ml-ci.yaml": two})
    assert call(("run", "--verbose", "--baseline", "none")) == 0
    said = capsys.readouterr().out
    assert "reproduce: ml-ci run --model m --baseline none" in said
    assert "reproduce: ml-ci run --model n --baseline none" in said


def test_reports_that_are_joined_keep_what_they_were_asked_alike(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for baseline in ("none", "main"):
        run(project.path, capsys, "--gates-from", "strict", "--baseline", baseline)
        reports.append(loads((project.path / ".ml_ci" / "report.json").read_text()))
    assert set(joined(reports).asked) == {"gates-from"}
    assert set(joined(reports[:1]).asked) == {"baseline", "gates-from"}


def test_an_option_that_nobody_knows_is_not_repeated(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A report may come from a fork: it names no option of its own, and a value is one word of a shell."""
    run(project.path, capsys)
    path = project.path / ".ml_ci" / "report.json"
    report = json.loads(path.read_text())
    report["asked"] = {"push": "yes", "stage": "x; rm -rf ~"}
    said = render(loads(json.dumps(report)))
    assert "--push" not in said
    assert "--stage 'x; rm -rf ~'" in said
