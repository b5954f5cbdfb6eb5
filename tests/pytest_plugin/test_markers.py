"""A user's own tests of a model."""

from __future__ import annotations

from typing import Any

import pytest

OWN = """
import pytest

@pytest.mark.ml_model("churn")
class TestChurn:
    def test_rates(self, candidate, baseline):
        assert (candidate.tp, candidate.fp, candidate.tn, candidate.fn) == (90, 10, 90, 10)
        assert candidate.fpr == 10 / 100 and candidate.recall == 0.9
        assert candidate.fnr <= baseline.fnr + 0.01

    def test_slice(self, candidate, holdout):
        assert candidate.where("region", "EU").fpr == 0.0
        assert candidate.where("region", "US").fpr == 0.2
        assert candidate.where("region", "US").where("x", "0.150").rows == 10
        assert set(holdout.column("region")) == {"EU", "US"}
        assert (holdout.rows, holdout.columns) == (200, ("x", "region", "bought"))
        assert holdout.path.name == "holdout.csv"

    def test_metrics(self, candidate):
        assert candidate.auc == pytest.approx(0.9)
        assert candidate.metrics["accuracy"] == 0.9
        assert candidate.where("region", "EU").metrics["auc"] is not None
"""


def test_fixtures_measure_both_models(project: Any, spread: tuple[str, ...]) -> None:
    project.write(test_own=OWN)
    project.run("--ml-ci", *spread).assert_outcomes(passed=4)


def test_a_module_may_be_marked(project: Any) -> None:
    mark = 'import pytest\npytestmark = pytest.mark.ml_model("churn")\n'
    project.write(test_own=f"{mark}def test_own(candidate): assert candidate.rows == 200\n")
    project.run("--ml-ci").assert_outcomes(passed=2)


def test_a_failed_assertion_shows_the_counts(project: Any) -> None:
    mark = 'import pytest\n@pytest.mark.ml_model("churn")\n'
    project.write(
        test_own=f'{mark}def test_own(candidate, baseline):\n    assert candidate.where("region", "US").fnr <= 0.01\n'
    )
    result = project.run("--ml-ci")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *assert 0.2 <= 0.01",
            "E        +  where 0.2 = <candidate of churn, region = US: 100 rows, FPR 20.0% (10 of 50), "
            "FNR 20.0% (10 of 50)>.fnr",
        ]
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('candidate.where("regoin", "EU")', "*the holdout has no column 'regoin'*"),
        ('candidate.where("region", "EUU")', "*no row of the holdout has region = EUU*"),
        ("candidate.fprr", "*has no metric 'fprr', did you mean 'fpr'?*"),
        ('candidate.where("region", "EU").where("x", 0.05)', "*no row is left: candidate of churn, region = EU, x = *"),
        ('assert candidate.where("x", 0).fnr <= 1', "*fnr of <candidate of churn, x = 0: 10 rows, * is undefined*"),
    ],
)
def test_what_does_not_exist_is_an_error_that_helps(project: Any, body: str, message: str) -> None:
    mark = 'import pytest\n@pytest.mark.ml_model("churn")\n'
    project.write(test_own=f"{mark}def test_own(candidate):\n    {body}\n")
    result = project.run("--ml-ci", "-q")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"E {message}"])


@pytest.mark.parametrize("name", ["candidate", "baseline", "holdout"])
def test_a_fixture_without_the_marker_says_how_to_mark(project: Any, name: str) -> None:
    project.write(test_own=f"def test_own({name}): pass\n")
    result = project.run("--ml-ci")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f'the fixture `{name}` needs a model. Mark * @pytest.mark.ml_model("churn").'])


def test_the_baseline_of_a_new_model_skips_with_the_reason(project: Any) -> None:
    project.configure(churn=["fpr <= 0.2"], fresh=["fpr <= 0.2"])
    project.write(test_own='import pytest\n@pytest.mark.ml_model("fresh")\ndef test_own(baseline): pass\n')
    result = project.run("--ml-ci", "-rs")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * fresh: new model: *"])


def test_the_baseline_that_is_declared_as_none_fails(project: Any) -> None:
    path = project.path / "ml-ci.yaml"
    path.write_text(path.read_text() + "    baseline: none\n")
    project.write(test_own='import pytest\n@pytest.mark.ml_model("churn")\ndef test_own(baseline): pass\n')
    result = project.run("--ml-ci")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["churn has `baseline: none`: a test of it cannot ask for the baseline."])


def test_a_failed_training_fails_the_fixture(project: Any) -> None:
    project.break_training()
    project.write(test_own='import pytest\n@pytest.mark.ml_model("churn")\ndef test_own(candidate): pass\n')
    result = project.run("--ml-ci", "test_own.py::test_own")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["! churn could not be judged: the job ended with exit code 1*", "  | ValueError: *"])


def test_models_that_are_left_out_skip_their_tests(project: Any) -> None:
    project.configure(churn=["fpr <= 0.2"], fresh=["fpr <= 0.2"])
    project.write(test_own='import pytest\n@pytest.mark.ml_model("fresh")\ndef test_own(candidate): pass\n')
    result = project.run("--ml-ci", "--ml-ci-model=churn", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * --ml-ci-model leaves out fresh"])


GATED = """
import pytest

@pytest.mark.ml_gate("fpr <= 0.15", "each(fpr, by=region) <= 0.25")
def test_holds():
    open("body", "w").close()

@pytest.mark.ml_model("churn")
@pytest.mark.ml_gate("fnr <= 0.15")
@pytest.mark.ml_gate("accuracy >= 0.95")
def test_does_not_hold():
    open("never", "w").close()
"""


def test_gates_of_a_marker_hold_before_the_test_runs(project: Any, spread: tuple[str, ...]) -> None:
    project.write(test_own=GATED)
    result = project.run("--ml-ci", "--junitxml=junit.xml", *spread)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["✗ accuracy 90.0% (180 of 200), limit 95.0%.", "*= ml-ci =*", "✗ churn fails 1 of 5 gates"]
    )
    assert (project.path / "body").exists()
    assert not (project.path / "never").exists()
    case = project.junit()["test_own::test_does_not_hold"]
    found = [(one.get("name"), one.get("value")) for one in case.iter("property")]
    assert ("ml_ci_condition", "accuracy >= 0.95") in found
    assert ("ml_ci_verdict", "fail") in found


def test_a_gate_of_a_marker_over_a_column_that_is_no_slice(project: Any) -> None:
    project.write(test_own='import pytest\n@pytest.mark.ml_gate("each(fpr, by=colour) <= 1")\ndef test_own(): pass\n')
    result = project.run("--ml-ci")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["! *colour*: *there is no column 'colour'*", "*= ml-ci =*", "! churn could not be judged"]
    )


def test_a_model_may_be_tested_in_python_alone(project: Any) -> None:
    project.configure()
    project.write(test_own=OWN + '\n@pytest.mark.ml_gate("fpr <= 0.15")\ndef test_gate(): pass\n')
    result = project.run("--ml-ci", "test_own.py", "--deselect=ml-ci.yaml")
    result.assert_outcomes(passed=4, deselected=1)
    result.stdout.fnmatch_lines(["✓ churn passes: *"])
    result = project.run("--ml-ci", "test_own.py")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*= ml-ci =*", "– churn was not judged", "*nothing was gated*"])
