"""What the action `promote` runs, on a registry of its own: no runner, and no act."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]


def _act(game: Any, folder: Path) -> tuple[int, str, str]:
    """Run the action's script as its step would, with the reports of a gate; exit code, log, summary."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reports").mkdir(parents=True)
    shutil.copy(game.state / "report.json", folder / "reports")
    (game.state / "report.json").unlink()
    launcher = folder / "python"  # the project is not installed here, and `-I` reads no PYTHONPATH
    launcher.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} "$@"\n')
    launcher.chmod(0o755)
    code = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); sys.executable = {str(launcher)!r};"
        f"sys.argv = ['', {str(folder / 'reports')!r}, {str(game.path)!r}, {sys.executable!r}];"
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
    shutil.rmtree(first.state / "records")  # the cache was not there
    code, log, summary = _act(first, tmp_path / "step")
    assert code == 2
    assert "::error title=ml-ci::cutter was not promoted. refused: " in log
    assert "refused: " in summary
    assert first.in_use() == ("1", None)
