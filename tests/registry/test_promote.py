"""Promotion: what is promoted, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.registry.location import locate
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import NoAnswerError, RefusedError
from ml_ci.reports.plain import plain
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import Done, approve_model, promote_model, read_history, roll_back

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def promote(game: Any, *allow: str, reason: str = "", days: int = 0) -> Done:
    time = (WHEN + timedelta(days=days)).isoformat()
    return promote_model(game.options(), game.model, Asked("Ada", time, reason, frozenset(allow)))


def rollback(game: Any, reason: str = "it was wrong", days: int = 0) -> Any:
    return roll_back(game.options(), game.model, Asked("Bob", (WHEN + timedelta(days=days)).isoformat(), reason))


def refused(game: Any, *allow: str, reason: str = "") -> RefusedError:
    """Be refused, and change nothing."""
    before = game.in_use(), game.audit()
    with pytest.raises(RefusedError) as error:
        promote(game, *allow, reason=reason)
    assert (game.in_use(), game.audit()) == before
    return error.value


def test_first_promotion_has_no_champion_to_replace(game: Any) -> None:
    commit = game.change(0.6)
    report = game.run()
    assert report.models[game.model].changes[0].summary == "new model: no champion yet"

    done = promote(game)

    assert (done.promoted.moved, done.same, done.completed) == (True, False, False)
    assert game.in_use() == ("1", None)
    version = game.champion()
    assert (version.commit, version.ours, version.finished) == (commit, True, True)
    (line,) = game.audit()
    said = json.loads(line)
    assert (said["kind"], said["by"], said["version"], said["replaced"], said["verdict"], said["commit"]) == (
        "promotion", "Ada", "1", None, "pass", commit,
    )  # fmt: skip


def test_a_pass_against_the_merge_base_will_do_while_there_is_no_champion(game: Any) -> None:
    game.change(0.6)
    game.run(baseline=None)
    assert promote(game).promoted.moved


def test_a_better_model_takes_the_champions_place(first: Any) -> None:
    first.change(0.55)
    report = first.run()
    assert report.models[first.model].baseline.source.startswith("champion v1 (")

    promote(first, days=1)

    assert first.in_use() == ("2", "1")
    assert [json.loads(line)["replaced"] for line in first.audit()] == [None, "1"]


def test_the_same_model_is_never_promoted_twice(first: Any) -> None:
    first.git("commit", "-q", "--allow-empty", "-m", "Words")
    done = promote(first)
    assert not done.promoted.moved
    assert first.in_use() == ("1", None)
    assert len(first.audit()) == 1


def test_a_model_that_is_byte_for_byte_the_champion_is_said_to_be_no_improvement(first: Any) -> None:
    code = first.path / f"{first.package}.py"
    code.write_text(code.read_text() + "\nUNUSED = 1\n")
    first.git("commit", "-qam", "Add a name that nothing uses")
    first.run()
    assert promote(first).same


def test_a_failed_verdict_is_refused(first: Any) -> None:
    first.change(0.9)
    assert first.run().verdict == "fail"
    error = refused(first)
    assert (error.message, error.verdict) == ("the verdict on `cutter` is fail", "fail")

    promote(first, "verdict", reason="the holdout is mislabelled")

    said = json.loads(first.audit()[-1])
    assert (said["overrides"], said["reason"], said["verdict"]) == (["verdict"], "the holdout is mislabelled", "fail")


def test_an_inconclusive_verdict_is_refused(first: Any) -> None:
    first.more = "confidence: 0.95"
    first.change(0.52)
    assert first.run().verdict == "inconclusive"
    assert refused(first).verdict == "inconclusive"


def test_an_error_is_refused_and_nobody_may_allow_it(first: Any) -> None:
    first.change(0.55)
    code = first.path / f"{first.package}.py"
    code.write_text(code.read_text().replace("return Model(CUT)", "raise ValueError('no')"))
    first.git("commit", "-qam", "Break it")
    assert first.run().verdict == "error"
    error = refused(first, "verdict", reason="please")
    assert error.message.startswith("the verdict on `cutter` is error: ")
    assert error.hint == "Nobody may allow an error. Mend what failed, then: ml-ci run --baseline champion"


def test_nothing_judged_is_refused(game: Any) -> None:
    game.change(0.6)
    assert refused(game).message == "nothing was judged here yet: there is no .ml_ci/report.json"


def test_a_verdict_of_another_commit_is_refused(first: Any) -> None:
    was, now = first.git("rev-parse", "HEAD"), first.change(0.55)
    error = refused(first)
    assert error.message == f"the verdict is stale: it is of commit {was[:7]}, and HEAD is {now[:7]}"
    assert error.hint == "Judge it here first: ml-ci run --baseline champion"


def test_a_pruned_verdict_is_refused(first: Any) -> None:
    import shutil

    first.change(0.55)
    first.run()
    shutil.rmtree(first.state / "records" / "verdicts")
    said = "the verdict on `cutter` is stale: there is no record of it for this tree and its data"
    assert refused(first).message == said


def test_a_forged_report_does_not_promote(first: Any) -> None:
    first.change(0.9)
    first.run()
    path = first.state / "report.json"
    said = json.loads(path.read_text())
    said["verdict"] = said["models"]["cutter"]["verdict"] = "pass"
    for gate in said["models"]["cutter"]["gates"]:
        gate["verdict"] = "pass"
    path.write_text(json.dumps(said))
    assert refused(first).verdict == "fail"


def test_a_dirty_tree_is_refused(first: Any) -> None:
    first.change(0.55)
    first.run()
    code = first.path / f"{first.package}.py"
    code.write_text(code.read_text() + "\n# more\n")
    error = refused(first)
    assert error.message == "the tree has changes that are in no commit: what is promoted could not be made again"
    promote(first, "dirty", reason="an emergency")
    assert json.loads(first.audit()[-1])["overrides"] == ["dirty"]


def test_an_untracked_file_that_the_model_does_not_use_is_no_change(first: Any) -> None:
    first.change(0.55)
    first.run()
    (first.path / "notes.txt").write_text("hello")
    assert promote(first).promoted.moved


def test_another_branch_is_refused(first: Any) -> None:
    first.git("checkout", "-q", "-b", "feature")
    first.change(0.55)
    first.run()
    assert refused(first).message == "the branch is `feature`, and models are promoted from `main`"


def test_a_commit_that_the_default_branch_does_not_have_is_refused(first: Any) -> None:
    first.git("checkout", "-q", "--detach")
    commit = first.change(0.55)
    first.run()
    assert refused(first).message == f"the commit {commit[:7]} is not in heads/main"


def test_a_pull_request_is_refused(first: Any) -> None:
    first.change(0.55)
    first.run()
    first.environment = {"GITHUB_EVENT_NAME": "pull_request_target"}
    assert refused(first).message == "this run belongs to a pull request (`pull_request_target`)"


def test_a_verdict_against_another_baseline_than_the_champion_is_refused(first: Any) -> None:
    first.change(0.58)
    first.change(0.55)
    first.run(baseline=None)
    error = refused(first)
    assert error.message.startswith("`cutter` was judged against first parent ")
    assert ", and the champion is v1 (" in error.message
    promote(first, "champion", reason="looked at it")
    assert first.in_use() == ("2", "1")


def test_a_champion_that_moved_after_the_verdict_is_refused(first: Any) -> None:
    first.change(0.55)
    first.run()
    promote(first)
    first.change(0.53)
    first.run()
    rollback(first)
    error = refused(first)
    assert "the champion of `cutter` moved: it was judged against champion v2 (" in error.message
    assert "and the champion is v1 (" in error.message


def test_rollback_restores_what_was_before(first: Any) -> None:
    for number, cut in enumerate((0.58, 0.55), 1):
        first.change(cut)
        first.run()
        promote(first, days=number)
    assert first.in_use() == ("3", "2")

    event = rollback(first, days=3)
    assert (event.version, event.replaced) == ("2", "3")
    assert first.in_use() == ("2", "1")
    rollback(first, days=4)
    assert first.in_use() == ("1", None)
    with pytest.raises(RefusedError, match="is the first: there is nothing to go back to"):
        rollback(first)
    assert len(first.audit()) == 5


def test_what_was_rolled_back_comes_back_by_a_person_only(first: Any) -> None:
    first.change(0.55)
    first.run()
    promote(first)
    rollback(first)
    first.run()
    assert "is this very model, and it was rolled back on 2026-01-02" in refused(first).message
    promote(first, "rolled-back", reason="the fault was elsewhere")
    assert first.in_use() == ("3", "1")
    assert json.loads(first.audit()[-1])["overrides"] == ["rolled-back"]


def test_history_tells_who_when_and_how_long(first: Any) -> None:
    first.change(0.55)
    first.run()
    promote(first, days=3)
    rollback(first, days=4)
    found = read_history(first.options(), first.model, WHEN + timedelta(days=10))
    assert [(one.event.version, one.event.kind, one.seconds / 86400, one.current) for one in found.stays] == [
        ("1", "rollback", 6.0, True),
        ("2", "promotion", 1.0, False),
        ("1", "promotion", 3.0, False),
    ]
    assert [one.event.by for one in found.stays] == ["Bob", "Ada", "Ada"]
    assert [one.event.verdict for one in found.stays] == ["pass", "pass", "pass"]
    assert not found.foreign


def test_a_damaged_version_is_gone_back_to_all_the_same(first: Any) -> None:
    from ml_ci.registry.mlflow_registry import MlflowRegistry
    from ml_ci.registry.values import EVENT

    first.change(0.55)
    first.run()
    promote(first, days=3)
    MlflowRegistry(first.location).tag(first.model, "1", EVENT, "{")
    assert rollback(first, days=4).verdict is None
    assert first.in_use()[0] == "1"


def test_the_history_of_a_name_that_nobody_knows_is_a_mistake(first: Any) -> None:
    with pytest.raises(UserError, match="has no model `cuter`") as error:
        read_history(first.options(), "cuter", WHEN)
    assert error.value.hint == "Did you mean `cutter`?"


def test_an_unreachable_registry_is_an_error_that_blocks(game: Any) -> None:
    game.change(0.6)
    game.environment = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    report = game.run()
    failure = report.models["cutter"].failure
    assert (report.verdict, failure.stage, failure.code) == ("error", "registry", "registry-no-answer")
    assert failure.message.startswith("the registry http://127.0.0.1:9 does not answer: ")
    own = report.models["cutter"].candidate
    assert (own.confusion.fn, own.confusion.rows, own.action) == (4, 40, "train"), "the candidate's numbers are shown"
    assert report.models["cutter"].gates == ()


def test_a_damaged_registry_is_an_error_that_blocks(game: Any) -> None:
    game.change(0.6)
    (game.state / "mlflow.db").write_bytes(b"no database" * 100)
    report = game.run()
    assert report.models["cutter"].failure.message.startswith(".ml_ci/mlflow.db cannot be read: ")


def test_a_database_that_another_program_holds_is_no_bug(first: Any) -> None:
    with closing(sqlite3.connect(first.state / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NoAnswerError, match=r"mlflow\.db did not do what was asked: database is locked") as error:
            MlflowRegistry(first.location)
    assert error.value.hint == "Another program is writing into it: wait for it, then run the same command again."


def test_a_database_that_is_none_is_no_bug(first: Any) -> None:
    (first.state / "mlflow.db").write_bytes(b"no database" * 100)
    with pytest.raises(NoAnswerError, match="file is not a database") as error:
        MlflowRegistry(first.location)
    assert error.value.hint.startswith("Move the file away to begin a new history")


def test_a_folder_in_the_place_of_the_database_is_no_first_model(first: Any) -> None:
    (first.state / "mlflow.db").unlink()
    (first.state / "mlflow.db").mkdir()
    with pytest.raises(NoAnswerError, match=r"mlflow\.db cannot be read: "):
        first.champion()


def test_another_machine_fetches_the_champion_and_scores_it_with_its_own_code(first: Any, tmp_path: Any) -> None:
    import shutil

    first.change(0.55)
    shutil.rmtree(first.state / "records")
    shutil.rmtree(first.state / "commits")
    report = first.run()
    found = report.models["cutter"]
    assert found.baseline.confusion.fn == 4  # of 0.6, by 0.6's code
    assert found.candidate.confusion.fn == 2
    assert found.baseline.action == "evaluate"
    done = [(deed.kind, deed.side) for deed in found.done]
    assert done == [("train", "candidate"), ("fetch", "baseline"), ("score", "candidate"), ("score", "baseline")]
    assert "baseline fetched (champion v1 (" in plain(report)


def test_a_run_and_a_plan_against_the_champion_do_not_import_mlflow(first: Any) -> None:
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from ml_ci import pipeline\n"
        "from ml_ci.steps.values import Options\n"
        "from pathlib import Path\n"
        "options = Options(start=Path.cwd(), baseline='champion')\n"
        "assert pipeline.plan(options)['cutter'].baseline.startswith('champion v1')\n"
        "assert pipeline.run(options).verdict == 'pass'\n"
        "assert 'mlflow' not in sys.modules\n"
    )
    from pathlib import Path

    import ml_ci

    where = str(Path(ml_ci.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=first.path, env={"PYTHONPATH": where, "PATH": "/usr/bin:/bin"}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_registry_is_named_by_the_file_before_the_environment(tmp_path: Any) -> None:
    environment = {"MLFLOW_TRACKING_URI": "http://other"}
    assert locate(tmp_path, "https://one/", environment).uri == "https://one"
    assert locate(tmp_path, None, environment).uri == "http://other"
    assert locate(tmp_path, None, {}).uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert locate(tmp_path, None, {"MLFLOW_TRACKING_URI": "https://me:secret@host:1/x"}).shown == "https://host:1/x"


def test_a_file_that_is_named_keeps_its_artifacts_beside_it(game: Any, tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    (game.state / "mlflow.db").rename(tmp_path / "shared" / "registry.db")
    game.environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/shared/registry.db"}
    game.change(0.6)
    game.run()
    assert promote(game).promoted.moved
    assert sorted(one.name for one in (tmp_path / "shared").iterdir()) == [
        "mlflow-artifacts",
        "registry.db",
        "registry.db.lock",
    ]
    # MLflow 3.1 makes a folder where it is called from, and puts nothing into it.
    assert [one for one in (tmp_path / "cwd").rglob("*") if one.is_file()] == []


def test_damaged_tags_are_no_champion_to_compare_with(first: Any) -> None:
    import sqlite3

    first.change(0.55)
    with sqlite3.connect(first.state / "mlflow.db") as database:
        database.execute("UPDATE model_version_tags SET value = '{}' WHERE key = 'ml-ci.fingerprint'")
    failure = first.run().models["cutter"].failure
    assert failure.message == "the tags of cutter v1 are damaged"
    with pytest.raises(NoAnswerError):
        first.champion().fingerprint()


def test_an_approval_holds_for_the_very_model(first: Any) -> None:
    first.change(0.55)
    with pytest.raises(RefusedError, match="was not trained yet"):
        approve_model(first.options(), first.model, Asked("Eve", WHEN.isoformat(), "looked at it"))
    first.run()
    needs = Asked("Ada", WHEN.isoformat(), needs_approval=True)
    with pytest.raises(RefusedError, match="nobody approved this model of cutter"):
        promote_model(first.options(), first.model, needs)
    approve_model(first.options(), first.model, Asked("Eve", WHEN.isoformat(), "looked at it"))

    promote_model(first.options(), first.model, needs)
    assert json.loads(first.audit()[-1])["approved_by"] == "Eve"

    first.change(0.53)
    first.run()
    with pytest.raises(RefusedError, match="nobody approved this model of cutter"):
        promote_model(first.options(), first.model, needs)


def test_a_model_that_there_is_not_is_told(first: Any) -> None:
    with pytest.raises(UserError, match="has no model `cuter`"):
        promote_model(first.options(), "cuter", Asked("Ada", WHEN.isoformat()))


@pytest.mark.parametrize("name", ["../../../outside", "a/b", "..", "", "a'b", "x" * 300])
@pytest.mark.parametrize("command", ["rollback", "history", "lineage", "card", "reproduce", "promote"])
def test_a_name_that_no_model_may_bear_is_a_mistake_and_no_path(
    first: Any, command: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    before = sorted(first.state.rglob("*"))
    assert call([command, name]) == 2
    assert f"ml-ci.yaml has no model `{name}`" in capsys.readouterr().err
    assert sorted(first.state.rglob("*")) == before


@pytest.mark.parametrize("command", ["rollback", "history", "lineage", "card", "reproduce"])
def test_a_name_that_nobody_knows_is_told_with_those_that_there_are(
    first: Any, command: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    assert call([command, "cuter"]) == 2
    assert "ml-ci.yaml has no model `cuter`\nDid you mean `cutter`?" in capsys.readouterr().err


def test_nobody_is_no_name(first: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    first.change(0.55)
    first.run()
    assert call(["promote", "cutter", "--require-approval", "--approved-by", " "]) == 2
    assert "nobody approved this model of cutter" in capsys.readouterr().err
    assert call(["promote", "cutter", "--by", " "]) == 0
    assert json.loads(first.audit()[-1])["by"].strip()


def test_the_command_says_what_it_did(first: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    assert call(["promote", "cutter"]) == 0
    assert "is this very model, and it is champion already: nothing was promoted" in capsys.readouterr().out
    first.change(0.9)
    assert call(["promote", "cutter"]) == 2
    assert capsys.readouterr().err.startswith("refused: the verdict is stale")
    first.run()
    assert call(["promote", "cutter"]) == 1
    assert call(["promote", "cutter", "--allow-verdict"]) == 2
    assert "--allow-verdict: nothing is allowed without a reason" in capsys.readouterr().err
    assert call(["promote", "cutter", "--allow-verdict", "--reason", "a test", "--by", "Zoe"]) == 0
    said = capsys.readouterr().out
    assert "cutter: v2 (" in said
    assert "Allowed by Zoe: verdict. Reason: a test" in said
    assert call(["rollback", "cutter", "--allow-pending"]) == 2
    assert "--allow-pending: nothing is allowed without a reason" in capsys.readouterr().err
    assert call(["rollback", "cutter", "--allow-pending", "--reason", "it was one"]) == 0
    assert call(["history", "cutter"]) == 0
    shown = capsys.readouterr().out
    assert "cutter: v1 is champion again, in place of v2" in shown
    assert "rolled back: it was one" in shown


def test_what_no_gate_judged_needs_a_person_who_allows_it(
    game: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A first model has nothing to compare with: by relative gates alone nobody knows what it is worth."""
    from ml_ci.cli.main import call

    monkeypatch.chdir(game.path)
    game.change(0.6)
    text = (game.path / "ml-ci.yaml").read_text().replace("fpr <= 0.2, ", "")
    (game.path / "ml-ci.yaml").write_text(text)
    game.git("commit", "-qam", "Only compare")
    assert game.run().verdict == "unjudged"
    assert call(["promote", "cutter"]) == 1
    assert "the verdict on `cutter` is unjudged: No gate was judged" in capsys.readouterr().err
    assert call(["promote", "cutter", "--allow-verdict"]) == 2
    assert call(["promote", "cutter", "--allow-verdict", "--reason", "the first one"]) == 0
    assert game.champion().version == "1"
    assert json.loads(game.audit()[-1])["verdict"] == "unjudged"


def test_what_is_in_use_already_and_does_not_pass_is_told(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The champion of a stricter gate is no model that passed: a pipeline that promotes has to see it."""
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    text = (first.path / "ml-ci.yaml").read_text().replace("fpr <= 0.2", "fpr <= 0.0, fnr <= 0.0")
    (first.path / "ml-ci.yaml").write_text(text)
    first.git("commit", "-qam", "Ask for more")
    assert call(["promote", "cutter"]) == 0, "this commit was not judged: nothing is known against it"
    assert first.run().verdict == "fail"
    capsys.readouterr()
    assert call(["promote", "cutter"]) == 1
    assert "the verdict on `cutter` is fail" in capsys.readouterr().err
    assert call(["promote", "cutter", "--allow-verdict", "--reason", "it is the best that there is"]) == 0
    assert first.in_use() == ("1", None)


def test_pytest_collects_without_mlflow(first: Any) -> None:
    import subprocess
    import sys
    from pathlib import Path

    import ml_ci

    script = (
        "import sys, pytest\n"
        "code = pytest.main(['-p', 'pytest_ml_ci.plugin', '--collect-only', '-q', '-p', 'no:cacheprovider', '.'])\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'mlflow'], code\n"
    )
    where = Path(ml_ci.__file__).parents[1]
    environment = {"PYTHONPATH": f"{where}:{where / 'pytest_plugin'}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=first.path, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_is_told_too(first: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from ml_ci.cli.main import call

    monkeypatch.chdir(first.path)
    first.change(0.9)
    assert call(["promote", "cutter", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["moved"], said["refused"]["verdict"]) == (False, None)
    assert said["refused"]["message"].startswith("the verdict is stale")
    assert said["refused"]["hint"] == "Judge it here first: ml-ci run --baseline champion"
    first.run()
    assert call(["promote", "cutter", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["moved"], said["refused"]["verdict"]) == (False, "fail")
    assert call(["promote", "cutter", "--json", "--allow-verdict", "--reason", "a test"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["moved"], said["refused"], said["version"]) == (True, None, "2")
    assert said["event"]["overrides"] == ["verdict"]
