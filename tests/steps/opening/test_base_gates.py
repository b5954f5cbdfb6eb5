"""A pull request is judged by the gates of the branch that it goes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.repository.base import find_base
from ml_ci.repository.repository import Repository
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.suspicion.overlap import cautions as overlapping

GATE = "- fnr <= baseline.fnr + 0.1"


@pytest.fixture
def change(project: Any, data: Callable[[int], str]) -> Any:
    """Give the project on a branch whose training data make the model worse: FNR 20% → 70%."""
    project.repository.git("switch", "-q", "-c", "change")
    project.commit({"data/train.csv": data(30)}, "Other data")
    return project


def judged(report: Any) -> tuple[str, list[str], tuple[str, ...]]:
    [model] = report.models.values()
    return report.verdict, [gate.condition for gate in model.gates], of_the_gates(model)


def of_the_gates(model: Any) -> tuple[str, ...]:
    """Leave out what is said of the rows and of the counts: the small tables here are one table, which is said."""
    others = (*overlapping(model.overlaps), *odd(model))
    assert overlapping(model.overlaps)
    return tuple(caution for caution in model.cautions if caution not in others)


def odd(model: Any) -> tuple[str, ...]:
    return tuple(caution for caution in model.cautions if caution.startswith(("The candidate ", "The baseline ")))


def test_a_loosened_gate_is_judged_by_the_old(change: Any) -> None:
    change.edit("ml-ci.yaml", GATE, "- fnr <= baseline.fnr + 0.9")
    change.commit(message="Loosen")
    assert change.run().verdict == "pass"
    said = "`fnr <= baseline.fnr + 0.1` was loosened in this change to `fnr <= baseline.fnr + 0.9`: judged by the old."
    report = change.run(gates_from="main")
    assert judged(report) == ("fail", ["fnr <= baseline.fnr + 0.1"], (said,))
    assert report.models["cut"].gates[0].line is None and report.config == "ml-ci.yaml"


def test_a_removed_gate_judges_all_the_same(change: Any) -> None:
    change.edit("ml-ci.yaml", GATE, "- fpr <= 0.9")
    change.commit(message="Remove")
    verdict, gates, cautions = judged(change.run(gates_from="main"))
    assert (verdict, gates) == ("fail", ["fnr <= baseline.fnr + 0.1", "fpr <= 0.9"])
    assert cautions == ("`fnr <= baseline.fnr + 0.1` was removed in this change: judged by it all the same.",)


def test_a_stricter_gate_judges_at_once(change: Any) -> None:
    change.edit("ml-ci.yaml", GATE, f"{GATE}\n      - fpr < 0")
    change.commit(message="Tighten")
    report = change.run(gates_from="main")
    assert [(gate.condition, gate.verdict) for gate in report.models["cut"].gates][1] == ("fpr < 0", "fail")
    assert [gate.line for gate in report.models["cut"].gates] == [11, 12]


def test_a_stage_judges_by_the_old_gates_and_its_removal_is_said(change: Any) -> None:
    stages = "    stages: [{name: staging, gates: [fnr <= 0.3]}, champion]\n    approval: required\n"
    change.repository.git("switch", "-q", "main")
    change.edit("ml-ci.yaml", "    positive: 1\n", f"    positive: 1\n{stages}")
    change.edit("ml-ci.yaml", GATE, "- fpr <= 0.9")
    change.commit(message="Lead through staging")
    change.repository.git("switch", "-q", "change")
    change.edit("ml-ci.yaml", GATE, "- fpr <= 0.9")
    change.commit(message="Without stages")
    assert change.run(baseline="none").verdict == "pass"
    verdict, gates, cautions = judged(change.run(gates_from="main", baseline="none", stage="staging"))
    assert (verdict, gates) == ("fail", ["fpr <= 0.9", "fnr <= 0.3"])
    assert [caution.partition(" was")[0] for caution in cautions] == ["The stage `staging`", "`approval: required`"]


def test_a_yardstick_that_moved_is_said(change: Any, data: Callable[[int], str]) -> None:
    change.edit("ml-ci.yaml", "positive: 1", "positive: 0")
    change.commit({"data/holdout.csv": data(35)}, "Move the yardstick")
    _, _, cautions = judged(change.run(gates_from="main"))
    assert cautions[0] == "The rows of the holdout changed in this change: look at them before the numbers."
    assert cautions[1].startswith("The yardstick changed: `positive` in ml-ci.yaml.")


def test_the_baseline_is_the_base_branchs(change: Any) -> None:
    change.edit("ml-ci.yaml", "    positive: 1", "    positive: 1\n    baseline: change")
    change.commit(message="Compare with itself")
    verdict, _, cautions = judged(change.run(gates_from="main"))
    assert verdict == "fail"
    assert cautions == ("`baseline` was changed in this change (merge-base → change): judged by the old.",)


def test_a_model_that_is_gone_or_new_is_said(change: Any) -> None:
    change.edit("ml-ci.yaml", "  cut:", "  renamed:")
    change.commit(message="Rename")
    report = change.run(gates_from="main")
    lost = report.models["cut"]
    assert (report.verdict, lost.verdict) == ("error", "error")
    assert lost.failure is not None and lost.failure.code == "lost-model"
    assert lost.failure.message == (
        "`cut` is declared on `main` and no longer in this change: its gates would judge nothing"
    )
    assert change.run(gates_from="main", models=("renamed",)).verdict != "error", "a leg of a matrix has some models"
    said = f"`main` (commit {change.repository.git('rev-parse', '--short=7', 'main')}) does not declare it yet"
    assert of_the_gates(report.models["renamed"]) == (f"{said}: judged by this change's own gates.",)


def test_the_store_is_the_base_branchs(change: Any, tmp_path: Path) -> None:
    change.edit("ml-ci.yaml", "version: 1", f"version: 1\nstore: file://{tmp_path}/elsewhere")
    change.commit(message="Another store")
    report = change.run(gates_from="main")
    assert report.cautions == ("`store:` was changed in this change: the one of `main` was used.",)
    assert not (tmp_path / "elsewhere").exists()


def test_the_registry_is_the_base_branchs(change: Any) -> None:
    change.edit("ml-ci.yaml", "version: 1", "version: 1\nregistry: http://127.0.0.1:9")
    change.commit(message="Another registry")
    report = change.run(gates_from="main", baseline="champion")
    assert report.cautions == ("`registry:` was changed in this change: the one of `main` was used.",)
    assert report.verdict == "unjudged"  # the base branch names none: there is no champion, and nobody asks 127.0.0.1


@pytest.fixture
def older(project: Any) -> Any:
    """Give the project with a branch that is older than ml-ci.yaml."""
    project.repository.git("switch", "-q", "--orphan", "v0")
    project.commit({"README.md": "x"}, "Empty")
    project.repository.git("switch", "-q", "main")
    return project


@pytest.mark.parametrize("base", ["main", "v0"])
def test_before_there_is_a_file_a_change_is_judged_by_its_own(older: Any, base: str) -> None:
    older.repository.git("branch", "-q", "-m", "main", "change")
    older.repository.git("branch", "main", "v0")
    report = older.run(gates_from=base, baseline="none")
    said = f"There is no ml-ci.yaml on `{base}` (commit {older.repository.git('rev-parse', '--short=7', 'v0')}) yet"
    assert report.cautions == (f"{said}: judged by this change's own gates.",)


@pytest.mark.parametrize("default", ["", "main", "trunk"], ids=["of git", "of the event", "another one of the event"])
@pytest.mark.parametrize("base", ["v0", "its commit"])
def test_a_base_without_a_file_is_no_way_around_the_default_branchs(
    older: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default: str, base: str
) -> None:
    """A second pull request to an old branch would be judged by its own gates (and its model would be a new one)."""
    older.repository.git("branch", "trunk", "main")
    if default:
        (tmp_path / "event.json").write_text(json.dumps({"repository": {"default_branch": default}}))
        monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    ref = "v0" if base == "v0" else older.repository.git("rev-parse", "v0")
    with pytest.raises(UserError) as caught:
        older.run(gates_from=ref)
    assert f"there is one on the default branch `{default or 'main'}`: nothing that is trusted" in caught.value.message
    assert caught.value.message.startswith(f"there is no ml-ci.yaml on `{ref}` (commit ")
    assert "--gates-from none" in caught.value.hint
    assert json.loads((older.path / ".ml_ci" / "report.json").read_text())["verdict"] == "error"
    assert older.run(gates_from=None, baseline="none").verdict is not None


def test_where_the_default_branch_is_not_known_it_is_no_pass(
    older: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "event.json").write_text(json.dumps({"repository": {"default_branch": "gone"}}))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    with pytest.raises(UserError, match="the default branch `gone` was not found: nobody knows what judges"):
        older.run(gates_from="v0")


def test_what_origin_has_comes_before_a_local_branch(change: Any) -> None:
    first = change.repository.git("rev-parse", "main")
    change.repository.git("update-ref", "refs/remotes/origin/main", first)
    change.edit("ml-ci.yaml", GATE, "- fnr <= baseline.fnr + 0.9")
    loosened = change.commit(message="Loosen")
    change.repository.git("update-ref", "refs/heads/main", loosened)
    assert judged(change.run(gates_from="main", baseline=first))[1] == ["fnr <= baseline.fnr + 0.1"]


def test_a_ref_that_is_not_there_is_no_pass(change: Any) -> None:
    with pytest.raises(UserError, match="`release`, whose gates judge this change, names no commit here") as caught:
        change.run(gates_from="release")
    assert caught.value.hint == "Fetch it (git fetch origin release), or name another: --gates-from REF, or none."
    with pytest.raises(UserError, match="names no commit here") as caught:
        change.run(gates_from="HEAD~50")
    assert caught.value.hint == "Name another: --gates-from REF, or none."


def test_a_base_that_cannot_be_read_is_no_pass(project: Any) -> None:
    project.edit("ml-ci.yaml", "positive: 1", "positve: 1")
    broken = project.commit(message="Break")
    project.edit("ml-ci.yaml", "positve: 1", "positive: 1")
    with pytest.raises(UserError, match="the gates that judge this change cannot be read") as caught:
        project.run(gates_from=broken)
    assert "--gates-from none" in caught.value.hint


@pytest.mark.parametrize(
    ("variables", "arguments", "code"),
    [
        ({}, (), 0),
        ({"GITHUB_BASE_REF": "main"}, (), 1),
        ({"GITHUB_BASE_REF": "main"}, ("--gates-from", "none"), 0),
        ({}, ("--gates-from", "main"), 1),
        ({"ML_CI_GATES_FROM": "main"}, (), 1),
        ({"GITHUB_EVENT_NAME": "push"}, (), 0),
        ({"GITHUB_EVENT_NAME": "merge_group"}, (), 1),
    ],
    ids=str,
)
def test_the_command_line_takes_the_ref_of_the_event(
    change: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    arguments: tuple[str, ...],
    code: int,
) -> None:
    change.edit("ml-ci.yaml", GATE, "- fnr <= baseline.fnr + 0.9")
    change.commit(message="Loosen")
    event = {"merge_group": {"base_sha": change.repository.git("rev-parse", "main"), "head_sha": "a" * 40}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    for name, value in {**variables, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(change.path)
    assert call(["run", *arguments]) == code
    assert ("judged by the old" in capsys.readouterr().out) is bool(code)


def test_a_merge_queue_that_names_no_commit_is_no_pass(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    monkeypatch.chdir(change.path)
    assert call(["run"]) == 2


def test_what_was_judged_by_the_old_gates_is_explained_by_them(
    change: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change.edit("ml-ci.yaml", GATE, "- fnr <= baseline.fnr + 0.9")
    change.commit(message="Loosen")
    monkeypatch.chdir(change.path)
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    assert call(["explain"]) == 0
    assert "every gate holds" in capsys.readouterr().out
    told = "only data.train changed: it accounts for the whole difference"
    assert call(["explain", "--gates-from", "main"]) == 0
    assert told in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert call(["explain"]) == 0
    assert told in capsys.readouterr().out, "as `ml-ci run` does in a pull request"
    assert call(["explain", "--gates-from", "none"]) == 0
    assert "every gate holds" in capsys.readouterr().out


@pytest.mark.parametrize("ref", ["HEAD~1", "HEAD^", "HEAD", "@~1", "main~1", "main^{commit}"])
def test_only_a_branchs_name_is_looked_up_at_origin(change: Any, data: Callable[[int], str], ref: str) -> None:
    """In a clone git knows origin/HEAD~1 and origin/main~1 too, which are other commits than HEAD~1 and main~1."""
    change.commit({"ml-ci.yaml": (change.path / "ml-ci.yaml").read_text().replace("0.1", "0.9")}, "Loosen")
    change.repository.git("update-ref", "refs/remotes/origin/main", "main")
    change.repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    change.repository.git("branch", "-f", "main", "change")
    project = open_project(locate(change.options(gates_from=ref)), change.options(gates_from=ref))
    assert project.judging.commit == change.repository.git("rev-parse", f"{ref}^{{commit}}")


def test_a_name_that_origin_alone_knows_is_found(change: Any) -> None:
    first = change.repository.git("rev-parse", "main")
    change.repository.git("update-ref", "refs/remotes/origin/release/1.x", first)
    assert find_base(Repository.find(change.path), "release/1.x", dirty=False).commit == first
    with pytest.raises(UserError, match="names no commit here"):
        find_base(Repository.find(change.path), "release/1.x~9", dirty=False)


def test_a_check_that_a_change_puts_behind_the_promotion_is_lost(project: Any) -> None:
    project.edit("ml-ci.yaml", "models:\n", "jobs: {lint: {run: x, needs: [cut]}}\nmodels:\n")
    project.commit(message="Check")
    project.repository.git("switch", "-q", "-c", "change")
    project.edit("ml-ci.yaml", "needs: [cut]", "needs: [cut], after: promotion")
    project.commit(message="Nobody does it")
    options = project.options(gates_from="main")
    assert open_project(locate(options), options).judging.lost_jobs == ("lint",)
