"""What the action `promote` runs, on a registry of its own: no runner, and no act."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.steps.handover import hand_over

PROJECT = Path(__file__).parents[2]


def _act(game: Any, folder: Path, *, lost: bool = False) -> tuple[int, str, str]:
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
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, env=environment, timeout=200)
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
