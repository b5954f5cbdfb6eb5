"""Jobs that leave files: by a command and by a function, and what is said where a file was not left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.spec.values import MakingCommand, MakingFunction
from ml_ci.training.job import train

SOURCE = """\
    from pathlib import Path

    def make(out: Path, raw: Path, seed):
        (out / "a.csv").write_text(raw.read_text() + str(seed))
        (out / "folder").mkdir()
        (out / "folder" / "b.txt").write_text("b")
        return object()

    def nothing(out: Path):
        (out / "other.csv").write_text("1")

    def ends():
        raise SystemExit(3)
"""


def _left(folder: Path | None) -> dict[str, str]:
    assert folder is not None
    return {one.relative_to(folder).as_posix(): one.read_text() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_function_leaves_what_it_declares_and_what_it_returns_counts_for_nothing(jobs: Any) -> None:
    jobs.write("jobs.py", SOURCE)
    jobs.table("raw", "x\n1\n")
    found = train(jobs.request(MakingFunction("jobs:make", ("{out}/a.csv", "{out}/folder")), seed=7))
    assert _left(found.outputs) == {"a.csv": "x\n1\n7", "folder/b.txt": "b"}
    assert (found.artifact, found.predictions) == (None, None)


def test_command_leaves_files_where_it_started_and_in_out(jobs: Any) -> None:
    jobs.table("raw", "x\n1\n")
    job = MakingCommand("mkdir made && cp -p {data.raw} made/a.csv && touch {out}/done", ("made/a.csv", "{out}/done"))
    assert _left(train(jobs.request(job)).outputs) == {"done": "", "made/a.csv": "x\n1\n"}


def test_job_without_outputs_leaves_none(jobs: Any) -> None:
    assert train(jobs.request(MakingCommand("true"))).outputs is None


@pytest.mark.parametrize(
    ("job", "code", "said"),
    [
        (MakingFunction("jobs:nothing", ("{out}/a.csv",)), "no-output", "left nothing at {out}/a.csv"),
        (MakingCommand("mkdir made", ("made",)), "no-output", "left nothing at made"),
        (MakingCommand("ln -s /etc/hostname a && mkdir d && ln -s /etc d/x", ("d",)), "output-kind", "d"),
        (MakingCommand("exit 4", ("a",)), "job-exit", "exit code 4"),
        (MakingFunction("jobs:ends", ()), "job-exit", "sys.exit(3)"),
        (MakingFunction("jobs:mak", ()), "import", "`function: jobs:mak`"),
    ],
)
def test_job_that_does_not_leave_it_says_so(
    jobs: Any, failed: Callable[..., Any], job: MakingCommand | MakingFunction, code: str, said: str
) -> None:
    jobs.write("jobs.py", SOURCE)
    found = failed(lambda: train(jobs.request(job)))
    assert (found.code, said in found.message) == (code, True), found.message


def test_hint_names_what_lies_there_instead(jobs: Any, failed: Callable[..., Any]) -> None:
    jobs.write("jobs.py", SOURCE)
    found = failed(lambda: train(jobs.request(MakingFunction("jobs:nothing", ("{out}/a.csv",)))))
    assert found.hint.endswith("{out} holds: other.csv.")
