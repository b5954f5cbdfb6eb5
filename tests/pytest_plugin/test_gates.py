"""Gates of ml-ci.yaml as test items: collected, judged, explained."""

from __future__ import annotations

from typing import Any

import pytest

RELATIVE = "fnr <= baseline.fnr + 0.01"


def test_a_failure_is_explained_in_a_few_lines_without_a_traceback(project: Any) -> None:
    project.configure(RELATIVE)
    project.worsen()
    result = project.run("--ml-ci", "--tb=long")
    result.stdout.fnmatch_lines(
        [
            f"*_ churn: {RELATIVE} _*",
            "✗ Misses 10 → 70 (+60 of 100): FNR 10.0% → 70.0%, limit +1.0 points.",
            "  95% interval of the difference: +50.2 … +69.1 points",
            "  Code and the gates changed.",
            "    code: train.py: SHIFT",
            "*(merge-base *",
            "  reproduce: ml-ci run --baseline *",
        ]
    )
    text = result.stdout.str()
    explained = text[text.index("✗ Misses") :].partition("\n====")[0]
    assert len(explained.splitlines()) < 15
    assert "Traceback" not in text


def test_only_the_failing_slices_are_explained(project: Any) -> None:
    project.configure("each(fnr, by=region) <= 0.75")
    project.worsen()
    result = project.run("--ml-ci", "-q")
    result.stdout.fnmatch_lines(["✗ Misses 10 → 40 (+30 of 50): FNR, region = US 20.0% → 80.0%, limit 75.0%."])
    assert "region = EU" not in result.stdout.str()


def test_an_inconclusive_gate_fails_and_says_what_would_decide_it(project: Any) -> None:
    project.configure("fnr <= 0.105 @ 0.95")
    result = project.run("--ml-ci")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["[?] FNR 10.0% (10 of 100), limit 10.5%: cannot be told from noise with 100 positives; about * more would *"]
    )


def test_a_new_models_relative_gate_is_skipped_beside_one_that_is_judged(project: Any, spread: tuple[str, ...]) -> None:
    project.configure(churn=["fpr <= 0.2"], fresh=[RELATIVE, "fpr <= 0.2"])
    result = project.run("--ml-ci", "-k", "fresh", "-rs", *spread)
    result.assert_outcomes(passed=1, skipped=1, deselected=0 if spread else 1)
    result.stdout.fnmatch_lines(["SKIPPED*Nothing to compare with yet: new model, commit * does not declare it*"])


def test_a_new_model_without_a_judged_gate_fails(project: Any, spread: tuple[str, ...]) -> None:
    project.configure(churn=["fpr <= 0.2"], fresh=[RELATIVE, "fpr <= baseline.fpr"])
    result = project.run("--ml-ci", "--junitxml=junit.xml", *spread)
    result.assert_outcomes(passed=1, skipped=2, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["– fresh was not judged", "*Add a gate with a fixed limit*for example*"])
    result.stdout.fnmatch_lines(["FAILED ml-ci.yaml::fresh::no gate was judged*"])


def test_gates_are_judged_although_testpaths_leave_the_root_out(project: Any, spread: tuple[str, ...]) -> None:
    project.pytester.makeini("[pytest]\ntestpaths = tests\n")
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_own.py").write_text("def test_own(): pass")
    project.run("--ml-ci", *spread).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (["tests"], {"passed": 2}),
        (["."], {"passed": 2}),
        ([".", "ml-ci.yaml"], {"passed": 2}),
        (["tests", "ml-ci.yaml"], {"passed": 2}),
        (["ml-ci.yaml"], {"passed": 1}),
        (["tests/test_own.py::test_own"], {"passed": 1}),
        (["ml-ci.yaml::churn"], {"passed": 1}),
        (["ml-ci.yaml::churn::fpr <= 0.2"], {"passed": 1}),
        (["--deselect", "ml-ci.yaml::churn"], {"passed": 1, "deselected": 1}),
        (["-k", "own"], {"passed": 1, "deselected": 1}),
        (["-k", "churn"], {"passed": 1, "deselected": 1}),
    ],
    ids=" ".join,
)
def test_gates_are_collected_once_unless_the_user_picks(
    project: Any, arguments: list[str], outcomes: dict[str, int]
) -> None:
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_own.py").write_text("def test_own(): pass")
    result = project.run("--ml-ci", *arguments)
    result.assert_outcomes(**outcomes)
    assert result.ret == pytest.ExitCode.OK


def test_another_ml_ci_yaml_below_is_not_collected(project: Any) -> None:
    (project.path / "templates").mkdir()
    (project.path / "templates" / "ml-ci.yaml").write_text("version: 1\n")
    project.run("--ml-ci").assert_outcomes(passed=1)


@pytest.mark.parametrize("by", ["option", "ini", "argument"])
def test_the_configuration_may_lie_elsewhere(project: Any, by: str) -> None:
    sub = project.path / "ml"
    sub.mkdir()
    for name in ("ml-ci.yaml", "train.py", "data"):
        project.git("mv", name, f"ml/{name}")
    project.pytester.makeini("[pytest]\n" + ("ml_ci_config = ml/ml-ci.yaml\n" if by == "ini" else ""))
    arguments = {"option": ["--ml-ci-config=ml/ml-ci.yaml"], "ini": [], "argument": ["ml/ml-ci.yaml"]}[by]
    result = project.run("--ml-ci", "--collect-only", "-q", *arguments)
    result.stdout.fnmatch_lines(["ml/ml-ci.yaml::churn::fpr <= 0.2"])


@pytest.mark.parametrize("where", ["below", "outside"])
def test_pytest_may_be_started_elsewhere(project: Any, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    tests = project.path / "tests"
    tests.mkdir()
    (tests / "test_own.py").write_text("def test_own(): pass")
    monkeypatch.chdir(tests if where == "below" else project.path.parent)
    result = project.run("--ml-ci", "-v", *([] if where == "below" else [str(tests)]))
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*ml-ci.yaml::churn::fpr <= 0.2 PASSED*"])


def test_collecting_trains_nothing(untrained: Any) -> None:
    result = untrained.run("--ml-ci", "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["ml-ci.yaml::churn::fpr <= 0.2"])
    assert untrained.trainings() == 0
    assert "= ml-ci =" not in result.stdout.str()


def test_workers_train_once_between_them(untrained: Any) -> None:
    untrained.configure("fpr <= 0.2", "fnr <= 0.9", "accuracy >= 0.1", "rows >= 10")
    untrained.worsen()
    untrained.run("--ml-ci", "-n2").assert_outcomes(passed=4)
    assert untrained.trainings() == 2, "candidate and baseline, once each"
    untrained.run("--ml-ci").assert_outcomes(passed=4)
    assert untrained.trainings() == 2


def test_only_the_models_that_are_asked_for(project: Any) -> None:
    project.configure(churn=["fpr <= 0.2"], other=["fpr <= 0.2"])
    result = project.run("--ml-ci", "--ml-ci-model", "churn", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*other*")


def test_the_baseline_may_be_named(project: Any) -> None:
    project.configure(RELATIVE)
    project.worsen()
    project.commit()
    project.run("--ml-ci", "--ml-ci-baseline", "HEAD").assert_outcomes(passed=1)
    project.run("--ml-ci", "--ml-ci-baseline", "HEAD~1").assert_outcomes(failed=1)


def test_exitfirst_stops_at_the_first_failing_gate(project: Any, spread: tuple[str, ...]) -> None:
    project.configure("fnr <= 0.01", "fnr <= 0.02", "fnr <= 0.03", "fnr <= 0.04", "fnr <= 0.05")
    result = project.run("--ml-ci", "-x", *spread)
    assert result.ret != pytest.ExitCode.OK
    assert "its report was lost" not in result.stdout.str()


def test_a_model_without_gates_fails(project: Any) -> None:
    project.configure()
    result = project.run("--ml-ci")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["– churn was not judged: *nothing was gated*", "*Add*gates:*"])


def test_every_gate_of_a_failed_training_fails_and_its_log_is_shown_once(project: Any) -> None:
    project.configure("fpr <= 0.2", "fnr <= 0.2", "accuracy >= 0.8")
    project.break_training()
    result = project.run("--ml-ci", "--junitxml=junit.xml", "-q")
    result.assert_outcomes(failed=3)
    messages = [str(case[-1].text) for case in project.junit().values()]
    assert len(messages) == 3
    assert all("churn could not be judged" in message for message in messages)
    assert [message.count("Traceback") for message in messages] == [1, 0, 0]
    assert "the job's log is shown with ml-ci.yaml::churn::fpr <= 0.2" in messages[1]


def test_the_section_is_a_line_per_model_when_quiet(project: Any) -> None:
    project.configure(churn=["fpr <= 0.2"], fresh=["fpr <= 0.2"])
    result = project.run("--ml-ci", "-q")
    text = result.stdout.str()
    assert text[text.index("= ml-ci =") :].split("\n")[1:3] == [
        "✓ churn passes: The only gate holds. "
        "False alarms 10 of 100 (10.0%) as before, misses 10 of 100 (10.0%) as before.",
        "✓ fresh passes: The only gate holds. False alarms 10 of 100 (10.0%), misses 10 of 100 (10.0%).",
    ]


def test_the_section_judges_only_the_gates_that_were_selected(project: Any) -> None:
    project.configure("fnr <= 0.2", "fpr <= 0.2")
    project.worsen()
    result = project.run("--ml-ci", "-k", "fpr")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["✓ churn passes: *", "*note: 1 gate was not selected in this run*"])
