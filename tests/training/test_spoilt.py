"""A job that takes its own folders away is an error that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.errors import Failure

Failed = Callable[[Callable[[], object]], Failure]

WAYS = {
    "removes its copy": "rm -rf {folder}",
    "puts a link in its place": "rm -rf {folder} && ln -s {victim} {folder}",
    "moves it": "mv {folder} {folder}-away",
    "removes the folder of its results": "rm -rf {work}",
    "puts a link in the place of that": "rm -rf {work} && ln -s {victim} {work}",
}


@pytest.mark.parametrize("way", WAYS)
def test_is_refused_and_removes_nothing(jobs: Any, failed: Failed, tmp_path: Any, way: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").write_text("kept")
    command = WAYS[way].format(folder=jobs.folder, work=jobs.work, victim=victim)
    found = failed(lambda: jobs.command(f"{command}; true"))
    assert (found.stage, found.code) == ("training", "spoilt-copy")
    assert "Remove only what the job itself made" in found.hint
    assert (victim / "kept").read_text() == "kept"
