from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.forges.values import Status
from ml_ci.reports.values import ModelReport, Report
from ml_ci.review.statuses import left, lost, pending, statuses

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("passed", {"ml-ci/churn": "success", "ml-ci": "success"}),
        ("failed_by_data", {"ml-ci/churn": "failure", "ml-ci": "failure"}),
        ("inconclusive", {"ml-ci/churn": "failure", "ml-ci": "failure"}),
        ("crashed", {"ml-ci/churn": "error", "ml-ci": "error"}),
        ("nothing_gated", {"ml-ci/free": "failure", "ml-ci": "failure"}),
        ("new_model", {"ml-ci/fraud": "success", "ml-ci": "success"}),
        ("unjudged", {"ml-ci/fraud": "failure", "ml-ci": "failure"}),
        ("two_yardsticks", {"ml-ci/churn": "failure", "ml-ci": "failure"}),
        ("no_model", {"ml-ci": "error"}),
        ("two_models", {"ml-ci/churn": "failure", "ml-ci/fraud": "success", "ml-ci": "failure"}),
    ],
)
def test_success_only_for_a_pass(reports: Any, name: str, expected: dict[str, str]) -> None:
    assert {status.context: status.state for status in statuses(reports[name]())} == expected


def test_the_description_says_why(reports: Any) -> None:
    of_model, whole = statuses(reports["failed_by_data"](), "https://x.example")
    said = "Misses 50 → 80 (+30 of 402), false alarms 30 → 31 (+1 of 1,003): FNR 12.4% → 19.9%, limit +1.0 points."
    assert of_model == Status("ml-ci/churn", "failure", said, "https://x.example")
    assert whole.description == "churn fails 1 of 4 gates"
    assert statuses(reports["inconclusive"]())[0].description.startswith("Inconclusive: FNR against the baseline")


@pytest.mark.parametrize(
    ("name", "said"),
    [("two_models", "1 of 2 models fails"), ("no_model", "No merge base of HEAD and origin/main was found.")],
)
def test_a_sentence_begins_as_one_and_a_name_as_it_is_written(reports: Any, name: str, said: str) -> None:
    assert statuses(reports[name]())[-1].description.endswith(said)


def test_an_unjudged_model_has_the_gate_to_add_in_its_descriptions(reports: Any) -> None:
    for status in statuses(reports["unjudged"]()):
        assert "`fnr <= 0.2`" in status.description


def test_what_to_do_about_an_error_stands_in_the_comment(reports: Any) -> None:
    report = reports["crashed"]()
    failure = replace(report.models["churn"].failure, message="It broke", hint="Mend it")
    broken = replace(report, models={"churn": replace(report.models["churn"], failure=failure)})
    assert [one.description for one in statuses(broken) if "Mend it" in one.description] == []


def test_a_description_has_at_most_140_characters(any_report: Report) -> None:
    for status in statuses(any_report):
        assert 0 < len(status.description) <= 140
        assert "\n" not in status.description and "\x1b" not in status.context
        assert len(status.context) <= 110


def test_the_whole_comes_last_and_models_are_bounded() -> None:
    model = ModelReport("fail", "train")
    found = statuses(Report("fail", None, None, {f"m{number}": model for number in range(900)}))
    assert found[-1].context == "ml-ci" and len(found) == 51


def test_of_many_models_those_that_do_not_pass_are_told() -> None:
    models = {f"m{number}": ModelReport("fail" if number == 150 else "pass", "train") for number in range(300)}
    assert "failure" in {one.state for one in statuses(Report("fail", None, None, models))[:-1]}


def test_names_that_look_alike_do_not_hide_a_failure() -> None:
    models = {
        "a": ModelReport("fail", "train"),
        "a\x00": ModelReport("pass", "train"),
        "\x1b[31ma": ModelReport("pass", "train"),
    }
    found = {one.context: one.state for one in statuses(Report("fail", None, None, models))}
    assert found == {"ml-ci/a": "failure", "ml-ci": "failure"}


def test_what_is_left_pending_becomes_an_error() -> None:
    latest = {"ml-ci": "pending", "ml-ci/a": "pending", "ml-ci/b": "success", "other": "pending", "ml-cix": "pending"}
    told = (Status("ml-ci", "success", "x"),)
    assert [(one.context, one.state) for one in left(latest, told)] == [("ml-ci/a", "error")]
    assert [one.context for one in lost(latest)] == ["ml-ci", "ml-ci/a"]
    assert [one.context for one in lost({})] == ["ml-ci"]
    assert lost({"ml-ci": "failure"}) == ()
    assert [one.context for one in pending(["a"])] == ["ml-ci", "ml-ci/a"]


@pytest.mark.parametrize(
    ("folder", "whole"),
    [
        (None, "ml-ci"),
        (".", "ml-ci"),
        ("./", "ml-ci"),
        ("a", "ml-ci (a)"),
        ("./services/b/", "ml-ci (services/b)"),
        ("büro", "ml-ci (büro)"),
    ],
)
def test_a_project_of_a_monorepo_has_statuses_of_its_own(
    folder: str | None, whole: str, github: Any, ml_ci: Run, write_report: Write
) -> None:
    options = () if folder is None else ("--project", folder)
    assert ml_ci("github", "status", "--report", write_report("failed_by_data"), *options)[0] == 0
    assert github.latest() == {whole: "failure", f"{whole}/churn": "failure"}


def test_no_project_hides_another_s_failure(github: Any, ml_ci: Run, write_report: Write) -> None:
    """Statuses hang on the commit, and the last one of a name counts: a model may have one name in two projects."""
    for project, report in (("a", "failed_by_data"), ("b", "passed"), (".", "passed")):
        ml_ci("github", "status", "--report", write_report(report), "--project", project)
    found = github.latest()
    assert {name: state for name, state in found.items() if "(a)" in name} == {
        "ml-ci (a)": "failure",
        "ml-ci (a)/churn": "failure",
    }
    assert {state for name, state in found.items() if "(a)" not in name} == {"success"} and len(found) == 6


@pytest.mark.parametrize(("mine", "other"), [("a", "b"), (".", "a"), ("a", "."), ("a", "a/b")])
def test_what_another_project_has_pending_is_left_to_its_run(mine: str, other: str, github: Any, ml_ci: Run) -> None:
    for project in (mine, other):
        ml_ci("github", "status", "--pending", "-m", "churn", "--project", project)
    ml_ci("github", "status", "--lost", "--project", mine)
    assert sorted(github.latest().values()) == ["error", "error", "pending", "pending"]


@pytest.mark.parametrize("folder", ["/a", "../a", "a/../.."])
def test_a_project_is_named_from_the_root(folder: str, github: Any, ml_ci: Run) -> None:
    code, _, said = ml_ci("github", "status", "--pending", "--project", folder)
    assert code == 2 and "from the repository's root" in said and github.latest() == {}


def test_pending_then_a_verdict(github: Any, ml_ci: Run, write_report: Write) -> None:
    assert ml_ci("github", "status", "--pending", "-m", "churn", "-m", "gone") == (
        0,
        "status of commit 9d1e2f3: pending (3 set)\n",
        "",
    )
    assert set(github.latest().values()) == {"pending"}
    assert ml_ci("github", "status", "--report", write_report("passed"))[0] == 0
    assert github.latest() == {"ml-ci": "success", "ml-ci/churn": "success", "ml-ci/gone": "error"}
    assert github.latest("f" * 40) == {}, "the merge commit has no status"
    assert github.statuses[-1]["target_url"] == "https://github.example/octo/models/actions/runs/4711"


def test_a_run_that_died_leaves_nothing_pending(github: Any, ml_ci: Run, write_report: Write) -> None:
    ml_ci("github", "status", "--pending", "-m", "churn")
    assert ml_ci("github", "status", "--lost") == (0, "status of commit 9d1e2f3: 2 left pending, now error\n", "")
    assert set(github.latest().values()) == {"error"}
    assert ml_ci("github", "status", "--lost")[1] == "nothing was pending\n"


def test_lost_leaves_a_verdict_alone(github: Any, ml_ci: Run, write_report: Write) -> None:
    ml_ci("github", "status", "--report", write_report("passed"))
    assert ml_ci("github", "status", "--lost")[1] == "nothing was pending\n"
    assert github.latest()["ml-ci"] == "success"


def test_a_run_that_never_began_is_an_error(github: Any, ml_ci: Run) -> None:
    ml_ci("github", "status", "--lost")
    assert github.latest() == {"ml-ci": "error"}


def test_a_lost_report_is_an_error(github: Any, ml_ci: Run, tmp_path: Path) -> None:
    ml_ci("github", "status", "--pending", "-m", "churn")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none.json", tmp_path / "empty"):
        assert ml_ci("github", "status", "--report", path)[0] == 1
    assert github.latest() == {"ml-ci": "error", "ml-ci/churn": "error"}


def test_a_merge_is_refused_until_the_status_is_there(github: Any, ml_ci: Run, write_report: Write) -> None:
    import requests

    github.required, github.permissions["contents"] = ["ml-ci"], "write"

    def merge() -> int:
        headers = {"Authorization": f"Bearer {github.token}", "Accept": "application/vnd.github+json"}
        url = f"{github.url}/repos/octo/models/pulls/7/merge"
        return requests.put(url, json={}, headers=headers, timeout=60).status_code

    assert merge() == 405
    for report, status in (("inconclusive", 405), ("crashed", 405), ("passed", 200)):
        ml_ci("github", "status", "--pending")
        assert merge() == 405
        ml_ci("github", "status", "--report", write_report(report))
        assert merge() == status


def test_one_status_that_fails_does_not_keep_the_whole_back(github: Any, ml_ci: Run, write_report: Write) -> None:
    github.trouble("POST", "statuses/", 422)
    code, _, err = ml_ci("github", "status", "--report", write_report("two_models"))
    assert code == 2 and "could not set the status `ml-ci/churn`" in err
    assert github.latest() == {"ml-ci/fraud": "success", "ml-ci": "failure"}


def test_a_merge_queue_has_its_status_on_its_own_commit(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write
) -> None:
    actions("merge_group", {"merge_group": {"head_sha": HEAD, "base_sha": "b" * 40}})
    assert ml_ci("github", "status", "--report", write_report("passed"))[0] == 0
    assert github.latest()["ml-ci"] == "success"
    code, said, _ = ml_ci("github", "comment", "--report", write_report("passed"))
    assert (code, github.comments) == (0, []) and said.startswith("no comment: a merge queue has no comment")


def test_by_hand(github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write) -> None:
    actions("issue_comment", {})
    report = write_report("passed")
    assert "no status: the event `issue_comment`" in ml_ci("github", "status", "--report", report)[1]
    assert ml_ci("github", "status", "--sha", HEAD, "--report", report)[0] == 0
    assert ml_ci("github", "status", "--pull-request", 7, "--report", report)[0] == 0
    assert [one["sha"] for one in github.statuses] == [HEAD] * 4
    code, _, err = ml_ci("github", "status", "--sha", "main", "--report", report)
    assert code == 2 and "no commit's full id" in err
    code, _, err = ml_ci("github", "status", "--pending", "--lost")
    assert code == 2 and "exclude each other" in err


def test_hostile_names_do_no_harm(github: Any, ml_ci: Run, write_report: Write) -> None:
    assert ml_ci("github", "status", "--report", write_report("hostile"))[0] == 0
    assert github.latest()["ml-ci"] == "error"
    assert all("\n" not in one["context"] + one["description"] for one in github.statuses)


@pytest.mark.parametrize(
    ("gates", "models", "state"),
    [
        ("[fpr <= 0.05]", "", "success"),
        ("[fpr <= 0.05, fnr <= 0.2]", "", "error"),
        (
            "[fpr <= 0.05]",
            "  other: {train: m:t, data: {train: a.csv, holdout: b.csv}, label: y, positive: 1}\n",
            "error",
        ),
    ],
)
def test_a_report_is_held_to_the_base_branchs_file(
    reports: Any, github: Any, ml_ci: Run, write_report: Write, tmp_path: Path, gates: str, models: str, state: str
) -> None:
    trusted = tmp_path / "trusted.yaml"
    churn = f"{{train: m:t, data: {{train: a.csv, holdout: b.csv}}, label: y, positive: 1, gates: {gates}}}"
    trusted.write_text(f"version: 1\nmodels:\n  churn: {churn}\n{models}")
    report = reports["passed"]()
    ml_ci("github", "status", "--expect", trusted, "--report", write_report(report))
    assert github.latest()["ml-ci"] == state


def test_a_base_without_a_file_is_an_error_where_one_is_expected(
    github: Any, ml_ci: Run, write_report: Write, tmp_path: Path
) -> None:
    assert ml_ci("github", "status", "--expect", tmp_path / "none.yaml", "--report", write_report("passed"))[0] == 1
    assert github.latest() == {"ml-ci": "error"}
    said = github.statuses[-1]["description"]
    assert said.startswith("The base branch has no ml-ci.yaml, and the default branch has one")


def test_a_failure_of_the_run_is_told(reports: Any) -> None:
    report = replace(reports["no_model"](), models={})
    assert statuses(report)[-1].description == "No merge base of HEAD and origin/main was found."
