"""The script of the action deploy, as its step runs it: deploy what is due, or go back first, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
RUN = "echo $ML_CI_VERSION >> $SERVICE/log; test ! -e $SERVICE/down"
JOBS = f"jobs: {{deploy: {{run: '{RUN}', needs: [cutter], env: [SERVICE], after: promotion}}}}\n"


@pytest.fixture
def deployed(first: Any, tmp_path: Path) -> Any:
    """Give a game whose second model is in use, and of which nothing is deployed yet."""
    from ml_ci.steps.promotion.offer import Asked
    from ml_ci.steps.promotion.promote import promote_model

    first.change(0.55)
    config = first.path / "ml-ci.yaml"
    config.write_text(config.read_text() + JOBS)
    first.git("commit", "-q", "-a", "-m", "Deploy")
    assert first.run().verdict == "pass"
    promote_model(first.options(), first.model, Asked("Ada", "2026-01-03T03:04:05+00:00"))
    (tmp_path / "service").mkdir()
    return first


def _act(game: Any, folder: Path, **environment: str) -> tuple[int, str, str]:
    """Run the script; give exit code, log, summary and output."""
    launcher = folder / "python"  # the project is not installed here, and `-I` reads no PYTHONPATH
    launcher.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} "$@"\n')
    launcher.chmod(0o755)
    code = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); sys.executable = {str(launcher)!r};"
        f"sys.argv = ['', {str(game.path)!r}, {sys.executable!r}];"
        f"import runpy; runpy.run_path({str(PROJECT / 'actions' / 'deploy' / 'deploy.py')!r}, run_name='__main__')"
    )
    files = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
    run = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_REPOSITORY": "octo/models", "GITHUB_RUN_ID": "7"}
    own = {"PYTHONPATH": str(PROJECT), "SERVICE": str(folder / "service")}
    known = {**os.environ, **files, **run, **own, **environment}
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, env=known, timeout=600)
    said = "".join((folder / name).read_text() for name in ("summary.md", "output"))
    for name in ("summary.md", "output"):
        (folder / name).unlink()
    return done.returncode, done.stdout + done.stderr, said


def test_what_is_due_is_deployed_and_a_rollback_is_done_in_the_first_attempt_alone(
    deployed: Any, tmp_path: Path
) -> None:
    log = tmp_path / "service" / "log"
    code, said, summary = _act(deployed, tmp_path)
    assert (code, log.read_text()) == (0, "2\n"), said
    assert "- ✓ cutter: deploy done for v2" in summary
    assert summary.endswith("deployed=true\n")

    (tmp_path / "service" / "down").touch()
    back = {"ROLLBACK": "cutter", "REASON": "it is worse"}
    code, said, summary = _act(deployed, tmp_path, **back)
    assert (code, log.read_text(), deployed.in_use()) == (1, "2\n1\n", ("1", None)), said
    assert "cutter: v1 is champion again, in place of v2" in summary
    assert "**not everything was deployed:** cutter: deploy failed for v1" in summary
    assert summary.endswith("deployed=false\n")

    (tmp_path / "service" / "down").unlink()
    code, said, summary = _act(deployed, tmp_path, **back, GITHUB_RUN_ATTEMPT="2")
    assert (code, log.read_text(), deployed.in_use()) == (0, "2\n1\n1\n", ("1", None)), said
    assert "cutter is not rolled back once more, only deployed" in said

    code, said, summary = _act(deployed, tmp_path, **back)
    assert (code, log.read_text()) == (2, "2\n1\n1\n"), said
    assert "**cutter was not rolled back:**" in summary
