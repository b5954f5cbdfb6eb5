"""Every test that was collected has to report: what got lost on its way is a failure."""

from __future__ import annotations

from typing import Any

import pytest

LOST = "its report was lost: the test may not have run"


def test_a_value_that_is_no_builtin_does_not_lose_a_test(project: Any) -> None:
    """A numpy scalar in user_properties makes a worker of xdist drop the report, and pytest end with 0."""
    project.write(
        test_own="import numpy\ndef test_own(record_property): record_property('fnr', numpy.float64(0.5)); assert 0\n"
    )
    result = project.run("--ml-ci", "-n2", "--junitxml=junit.xml")
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "test_own" in result.stdout.str()


def test_a_crashed_worker_does_not_lose_a_gate(project: Any) -> None:
    project.pytester.makeconftest(
        """
        import os

        def pytest_runtest_call(item):
            if item.name == "fpr <= 0.2":
                os._exit(0)
        """
    )
    result = project.run("--ml-ci", "-n2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)


def test_a_gate_whose_report_never_comes_fails(project: Any, spread: tuple[str, ...]) -> None:
    project.configure("fpr <= 0.2", "fnr <= 0.2")
    project.pytester.makeconftest(
        """
        def pytest_runtest_protocol(item):
            return True if item.name == "fpr <= 0.2" else None
        """
    )
    result = project.run("--ml-ci", "--junitxml=junit.xml", *spread)
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"ml-ci.yaml::churn::fpr <= 0.2: {LOST}"])
    case = project.junit()["ml-ci.yaml.churn::fpr <= 0.2"]
    assert case.find("failure") is not None
    assert not (project.path / ".ml_ci" / "report.json").exists(), "half a session leaves no report"


def test_an_exit_with_success_in_the_middle_fails(project: Any) -> None:
    project.write(test_own='import pytest\ndef test_own(): pytest.exit("enough", returncode=0)\n')
    result = project.run("--ml-ci", "test_own.py")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"ml-ci.yaml::churn::fpr <= 0.2: {LOST}"])


@pytest.mark.parametrize("arguments", [(), ("-n2",), ("--ignore=ml-ci.yaml",)], ids=["conftest", "xdist", "option"])
def test_gates_that_are_not_collected_fail_the_session(project: Any, arguments: tuple[str, ...]) -> None:
    project.write(test_own="def test_own(): pass\n")
    if "--ignore=ml-ci.yaml" not in arguments:
        project.pytester.makeconftest('collect_ignore = ["ml-ci.yaml"]')
    result = project.run("--ml-ci", *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ml-ci.yaml: no gate was collected, so nothing was judged."])
