"""The rig itself: what the runner does wrong is not taken for what a workflow does wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.act


def _falls_over(act: Path, at: Path, times: int) -> Path:
    """Write a runner that dies as act's does when two of its jobs write to one map, so many times."""
    crash = "echo 'fatal error: concurrent map writes' >&2; exit 2"
    at.write_text(
        f'#!/bin/sh\necho x >> {at}.calls\n[ "$(wc -l < {at}.calls)" -gt {times} ] || {{ {crash}; }}\nexec {act} "$@"\n'
    )
    at.chmod(0o755)
    return at


def test_a_runner_that_fell_over_is_started_once_more(rig: Any, tmp_path: Path) -> None:
    rig = replace(rig, act=_falls_over(rig.act, tmp_path / "act", times=1))
    payload = rig.pull_request({"misses.txt": "30\n"})
    with pytest.warns(UserWarning, match=r"act fell over, exit code 2:\nfatal error: concurrent map writes"):
        done = rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log


def test_a_runner_that_falls_over_again_fails_the_test(rig: Any, tmp_path: Path) -> None:
    rig = replace(rig, act=_falls_over(rig.act, tmp_path / "act", times=2))
    payload = rig.pull_request({"misses.txt": "4\n"})
    with pytest.warns(UserWarning), pytest.raises(AssertionError, match=r"act fell over twice.*\n.*concurrent map"):
        rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
