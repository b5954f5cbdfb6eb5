"""Without `--ml-ci` nothing is judged, nothing is loaded, and what would be tested is skipped with the reason."""

from __future__ import annotations

import json
import sys
from typing import Any

TESTS = """
import pytest

@pytest.mark.ml_model("churn")
def test_model(candidate): raise AssertionError("never runs")

@pytest.mark.ml_gate("fpr <= 0.1")
def test_gate(): raise AssertionError("never runs")

@pytest.mark.parametrize("name", ["candidate", "baseline", "holdout", "ask"])
def test_fixture(request, name): request.getfixturevalue(name)

def test_other(): pass
"""


def test_marked_tests_are_skipped_with_the_reason(project: Any, spread: tuple[str, ...]) -> None:
    project.write(test_own=TESTS)
    result = project.run("-rs", "--strict-markers", *spread)
    result.assert_outcomes(passed=1, skipped=6)
    assert result.stdout.str().count("needs --ml-ci") >= 2
    assert "ml-ci.yaml" not in result.stdout.str()


def test_markers_and_options_are_documented(project: Any) -> None:
    project.run("--markers").stdout.fnmatch_lines(["@pytest.mark.ml_model(name):*", "@pytest.mark.ml_gate(condition*"])
    result = project.run("--help")
    result.stdout.fnmatch_lines(["gates on machine learning models:", "  --ml-ci *", "*ml_ci_config *"])


def test_every_option_is_prefixed(project: Any) -> None:
    text = project.run("--help").stdout.str()
    section = text[text.index("gates on machine learning models:") :]
    section = section[: section.index("\n\n")]
    options = [line.split()[0] for line in section.splitlines()[1:] if line.startswith("  -")]
    assert options == [
        "--ml-ci",
        "--ml-ci-config=FILE",
        "--ml-ci-baseline=REF",
        "--ml-ci-model=NAME",
        "--ml-ci-explore",
    ]


LISTED = """
import json, sys
started = []
STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system")
sys.addaudithook(lambda event, _: started.append(event) if event in STARTS else None)
import pytest
code = pytest.main(sys.argv[1:])
print(json.dumps({"code": int(code), "modules": sorted(sys.modules), "started": started}))
"""


def _loads(project: Any, *arguments: str) -> tuple[set[str], list[str]]:
    """Run pytest in a process of its own: the modules that it has at its end, and what it started."""
    result = project.pytester.run(sys.executable, "-c", LISTED, "-p", "no:cacheprovider", *arguments)
    told = json.loads(result.stdout.lines[-1])
    assert told["code"] == 0, result.stdout.str()
    return set(told["modules"]), told["started"]


def test_it_imports_and_starts_nothing(project: Any) -> None:
    project.write(test_own=TESTS.replace("candidate", "tmp_path", 1))
    without, started = _loads(project, "test_own.py", "-k", "test_other")
    assert started == []
    loaded, started = _loads(project, *project.arguments, "test_own.py")
    assert started == []
    assert loaded - without == {"pytest_ml_ci", "pytest_ml_ci.plugin"}


def test_collecting_loads_no_numbers(project: Any) -> None:
    project.write(test_own=TESTS)
    loaded, _ = _loads(project, *project.arguments, "--ml-ci", "--collect-only", "-q")
    heavy = {"numpy", "scipy", "duckdb", "pandas", "sklearn", "mlflow", "train"}
    assert loaded & heavy == set()
