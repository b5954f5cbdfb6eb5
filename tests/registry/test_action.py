"""What the action `promote` runs, on a registry of its own: no runner, and no act."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_ci.steps.promotion.handover import hand_over

PROJECT = Path(__file__).parents[2]


def _act(game: Any, folder: Path, *, lost: bool = False, **environment: str) -> tuple[int, str, str]:
    """Run the action's script as its step would, in another job than the gate's: with its report, and its records
    unless they are `lost`; exit code, log, summary."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reports").mkdir(parents=True)
    (folder / "records").mkdir()
    if not lost:
        hand_over(game.options(), folder / "records" / "ml-ci-records-ml-ci-report")
    shutil.rmtree(game.state / "records", ignore_errors=True)
    shutil.copy(game.state / "report.json", folder / "reports")
    (game.state / "report.json").unlink()
    launcher = folder / "python"  # the project is not installed here, and `-I` reads no PYTHONPATH
    launcher.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} "$@"\n')
    launcher.chmod(0o755)
    folders = [str(folder / "reports"), str(folder / "records"), str(game.path)]
    code = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); sys.executable = {str(launcher)!r};"
        f"sys.argv = ['', *{folders!r}, {sys.executable!r}];"
        f"import runpy; runpy.run_path({str(PROJECT / 'actions' / 'promote' / 'promote.py')!r}, run_name='__main__')"
    )
    own = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "PYTHONPATH": str(PROJECT)}
    run = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_REPOSITORY": "octo/models", "GITHUB_RUN_ID": "7"}
    command, known = (sys.executable, "-c", code), {**os.environ, **own, **run, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=known, timeout=600)
    summary = folder / "summary.md"
    return done.returncode, done.stdout + done.stderr, summary.read_text() if summary.exists() else ""


def test_what_passed_is_promoted_and_once(game: Any, tmp_path: Path) -> None:
    game.change(0.6)
    game.run()
    report = (game.state / "report.json").read_bytes()
    code, log, summary = _act(game, tmp_path / "step")
    assert (code, game.in_use()) == (0, ("1", None)), log
    assert "cutter: v1 (" in summary

    (game.state / "report.json").write_bytes(report)
    code, log, _ = _act(game, tmp_path / "step")
    assert (code, game.in_use()) == (0, ("1", None)), log
    assert "nothing was promoted" in log
    assert len(game.audit()) == 1


def test_what_failed_is_not(first: Any, tmp_path: Path) -> None:
    first.change(0.9)
    assert first.run().verdict == "fail"
    code, log, _ = _act(first, tmp_path / "step")
    assert (code, log) == (0, "No model passed: nothing is promoted.\n")
    assert first.in_use() == ("1", None)


def test_a_refusal_fails_the_step_and_says_why(first: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.change(0.55)
    assert first.run().verdict == "pass"
    code, log, summary = _act(first, tmp_path / "step", lost=True)
    assert code == 2
    why = "of `cutter` no record of the training and verdict arrived. The gate lost them, or they have expired"
    assert f"::error title=cutter was not promoted::{why}" in log
    assert "- ✗ **cutter was not promoted:** of `cutter` no record" in summary
    assert first.in_use() == ("1", None)


def test_what_is_in_use_already_needs_no_records(first: Any, tmp_path: Path) -> None:
    assert first.run().verdict == "pass"
    code, log, summary = _act(first, tmp_path / "step", lost=True)
    assert (code, "::error" in log) == (0, False), log
    assert "- ✓ cutter: v1" in summary and "nothing was promoted" in summary


def test_a_refusal_says_what_to_do_in_a_workflow(first: Any, tmp_path: Path) -> None:
    first.change(0.58)
    first.change(0.55)
    assert first.run(baseline=None).verdict == "pass"
    code, log, summary = _act(first, tmp_path / "step")
    assert code == 2
    [said] = [line for line in log.splitlines() if line.startswith("::error")]
    assert said.startswith("::error title=cutter was not promoted::`cutter` was judged against first parent")
    assert "the champion is v1" in said
    assert "Run all jobs of this workflow again: the gate judges it anew." in said
    assert "ml-ci run" not in summary


@pytest.fixture
def github(fake_github: Any) -> Iterator[Any]:
    """Give a GitHub that knows who approved run 7."""
    with fake_github.FakeGitHub() as server:
        server.permissions["actions"] = "read"
        yield server
    assert server.violations == []


def _asking(github: Any, **more: str) -> dict[str, str]:
    return {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": github.token, **more}


HOSTILE = "Fine -- see #12 --allow-dirty '; $(id) `id`\n::set-output name=x::y <img src=x>"


def test_who_approved_the_run_is_kept_whatever_they_wrote(game: Any, github: Any, tmp_path: Path) -> None:
    game.change(0.6)
    game.run()
    github.approve("mallory", "all right", run=6)
    github.approve("mallory", "no", run=7, state="rejected")
    github.approve("--by=eve", HOSTILE, run=7)
    asking = _asking(github, ARGUMENTS="--require-approval", ENVIRONMENT="production")
    code, log, summary = _act(game, tmp_path / "step", **asking)
    assert (code, game.in_use()) == (0, ("1", None)), log
    [event] = [json.loads(line) for line in game.audit()]
    assert event["approved_by"] == "--by=eve"
    assert event["reason"] == " ".join(HOSTILE.split())
    assert event["overrides"] == []
    assert "- Approved by \\--by=eve: Fine -- see #" in summary and "&lt;img src=x&gt;" in summary
    assert github.token not in log + summary


def test_another_environments_approval_is_none(game: Any, github: Any, tmp_path: Path) -> None:
    game.change(0.6)
    game.run()
    github.approve("eve", run=7, environment="docs")
    asking = _asking(github, ARGUMENTS="--require-approval", ENVIRONMENT="production")
    code, log, _ = _act(game, tmp_path / "step", **asking)
    assert (code, game.in_use()) == (2, (None, None))
    assert "::error title=cutter was not promoted::nobody approved this model of cutter. A person does: " in log


@pytest.mark.parametrize("status", [403, 404])
def test_who_approved_cannot_be_asked(game: Any, github: Any, tmp_path: Path, status: int) -> None:
    game.change(0.6)
    game.run()
    report = (game.state / "report.json").read_bytes()
    records = shutil.copytree(game.state / "records", tmp_path / "records")
    github.trouble("GET", "/approvals", status, times=2)
    code, log, summary = _act(game, tmp_path / "step", **_asking(github, ARGUMENTS="--require-approval"))
    assert (code, game.in_use()) == (2, (None, None))
    why = f"Who approved this run is not known: could not ask who approved this run: GitHub answered {status}"
    [said] = [line for line in log.splitlines() if line.startswith("::error")]
    assert "nobody approved this model of cutter" in said and why in said and "actions: read" in said
    assert why in summary

    (game.state / "report.json").write_bytes(report)
    shutil.copytree(records, game.state / "records", dirs_exist_ok=True)
    code, log, summary = _act(game, tmp_path / "step", **_asking(github))
    assert (code, game.in_use()) == (0, ("1", None)), "a note, where no approval is asked for"
    assert why in log and "::error" not in log and "not known" not in summary
    assert json.loads(game.audit()[0])["approved_by"] is None


def test_arguments_are_words_as_in_a_shell(game: Any, tmp_path: Path) -> None:
    game.change(0.6)
    game.run()
    said = "--reason 'the release of May' --by \"Ada L\""
    code, log, _ = _act(game, tmp_path / "step", ARGUMENTS=said)
    assert code == 0, log
    [event] = [json.loads(line) for line in game.audit()]
    assert (event["reason"], event["by"]) == ("the release of May", "Ada L")


def test_a_quote_that_is_not_closed_promotes_nothing(game: Any, tmp_path: Path) -> None:
    game.change(0.6)
    game.run()
    code, log, _ = _act(game, tmp_path / "step", ARGUMENTS="--reason 'the release")
    assert (code, game.in_use()) == (2, (None, None))
    assert "::error title=ml-ci::--reason 'the release: No closing quotation. Close the quote in the input" in log
