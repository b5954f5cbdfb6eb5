"""The user's mistakes end a session with exit code 4 and a message that says what to do."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

USAGE = pytest.ExitCode.USAGE_ERROR


def test_a_typing_error_in_the_configuration_is_no_warning(project: Any, spread: tuple[str, ...]) -> None:
    path = project.path / "ml-ci.yaml"
    path.write_text(path.read_text().replace("gates:", "gaets:"))
    result = project.run("--ml-ci", *spread)
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: ml-ci.yaml:10: models.churn.gaets: unknown key, did you mean 'gates'?*"])


def test_a_gate_that_does_not_parse(project: Any) -> None:
    project.configure("fpr =< 0.2")
    result = project.run("--ml-ci")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: ml-ci.yaml:10:18: models.churn.gates*write <="])


def test_no_configuration(pytester: pytest.Pytester, project: Any) -> None:
    (project.path / "ml-ci.yaml").unlink()
    result = project.run("--ml-ci")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: there is no ml-ci.yaml in *", "*`--ml-ci-config PATH` names one *"])


def test_a_configuration_that_is_not_there(project: Any) -> None:
    result = project.run("--ml-ci", "--ml-ci-config=sub/ml-ci.yaml")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: --ml-ci-config sub/ml-ci.yaml: there is no file *"])


def test_no_git(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.path.parent))
    (project.path / ".git").rename(project.path.parent / f"{project.path.name}-git")
    result = project.run("--ml-ci")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: * is not in a git repository", "*git init*"])


def test_an_unknown_model(project: Any) -> None:
    result = project.run("--ml-ci", "--ml-ci-model", "chrun")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: ml-ci.yaml has no model `chrun`", "Did you mean `churn`?"])


def test_two_configurations(project: Any) -> None:
    (project.path / "sub").mkdir()
    (project.path / "sub" / "ml-ci.yaml").write_text((project.path / "ml-ci.yaml").read_text())
    result = project.run("--ml-ci", "ml-ci.yaml", "sub/ml-ci.yaml")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: a run judges the gates of one file, named are *"])


@pytest.mark.parametrize("option", ["--ml-ci-model=churn", "--ml-ci-baseline=HEAD", "--ml-ci-config=ml-ci.yaml"])
def test_an_option_without_the_plugin_asked_for(project: Any, option: str) -> None:
    result = project.run(option)
    assert result.ret == USAGE
    result.stderr.fnmatch_lines([f"ERROR: {option.partition('=')[0]} does nothing without --ml-ci. Add --ml-ci."])


def test_a_mistake_found_while_judging_fails_the_gate_and_the_session(project: Any) -> None:
    (project.path / "data" / "holdout.csv").unlink()
    result = project.run("--ml-ci")
    result.assert_outcomes(failed=1)
    assert result.ret == USAGE
    result.stdout.fnmatch_lines(["! churn could not be judged: *data/holdout.csv*"])


def test_an_unknown_baseline(project: Any) -> None:
    result = project.run("--ml-ci", "--ml-ci-baseline", "no-such-branch")
    result.assert_outcomes(failed=1)
    assert result.ret == USAGE
    result.stdout.fnmatch_lines(["! churn could not be judged: *no-such-branch*"])


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('ml_gate("fpr =< 0.1")', "*::test_own: ml_gate 'fpr =< 0.1': column *"),
        ('ml_gate("fprr <= 0.1")', "*::test_own: ml_gate 'fprr <= 0.1': column 1: *did you mean fpr?*"),
        ("ml_gate()", "*::test_own: ml_gate takes one or more conditions as text*"),
        ("ml_gate(0.1)", "*::test_own: ml_gate takes one or more conditions as text*"),
        ("ml_model()", "*::test_own: ml_model takes the name of one model*"),
        ('ml_model("chrun")', "*::test_own: ml-ci.yaml has no model `chrun`*"),
    ],
)
def test_a_wrong_marker(project: Any, marker: str, message: str) -> None:
    project.write(test_own=f"import pytest\n@pytest.mark.{marker}\ndef test_own(): pass\n")
    result = project.run("--ml-ci")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_a_wrong_marker_among_workers(project: Any) -> None:
    project.write(test_own='import pytest\n@pytest.mark.ml_model("chrun")\ndef test_own(): pass\n')
    result = project.run("--ml-ci", "-n2")
    assert result.ret == USAGE
    assert "ml-ci.yaml has no model `chrun`" in result.stdout.str() + result.stderr.str()


def test_a_mistake_found_by_a_worker_reaches_the_end(project: Any) -> None:
    result = project.run("--ml-ci", "--ml-ci-baseline", "no-such-branch", "-n2")
    result.assert_outcomes(failed=1)
    assert result.ret == USAGE


def test_a_gate_without_a_model_among_several(project: Any) -> None:
    project.configure(churn=["fpr <= 0.2"], other=["fpr <= 0.2"])
    project.write(test_own='import pytest\n@pytest.mark.ml_gate("fpr <= 0.1")\ndef test_own(): pass\n')
    result = project.run("--ml-ci")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: *::test_own: ml_gate does not say of which model", '*ml_model("churn")*'])


def test_a_place_that_cannot_be_written(project: Any, spread: tuple[str, ...]) -> None:
    shutil.rmtree(project.path / ".ml_ci", ignore_errors=True)
    (project.path / ".ml_ci").write_text("in the way")
    result = project.run("--ml-ci", *spread)
    assert result.ret == USAGE
    said = result.stdout.str() + result.stderr.str()
    assert "Something else is in the way of ml-ci's own folder: remove it" in said
    assert "Traceback" not in said
    assert (project.path / ".ml_ci").read_text() == "in the way"


IN_THE_WAY = """\
import pathlib

def pytest_runtest_logreport(report):
    if report.when == "teardown":
        place = pathlib.Path(__file__).parent / ".ml_ci" / "report.json"
        if place.is_file():
            place.unlink()
        place.mkdir(parents=True, exist_ok=True)
"""


def test_a_report_that_cannot_be_left_fails_the_session(project: Any, spread: tuple[str, ...]) -> None:
    project.write(conftest=IN_THE_WAY)
    result = project.run("--ml-ci", *spread)
    assert result.ret == USAGE
    result.stdout.fnmatch_lines(
        ["*.ml_ci/report.json: Is a directory", "Something else is in the way of ml-ci's own *"]
    )
