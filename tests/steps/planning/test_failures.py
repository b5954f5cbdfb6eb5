"""What is said of a failure to whoever builds on what failed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import JobSpec, MakingCommand
from ml_ci.steps.planning.failures import blame_needed

NOTHING = Failure("training", "no-output", "it left nothing at a.csv", "Look there.")


def _make(line: int | None, commit: str | None = None) -> Any:
    return SimpleNamespace(name="candidate", model=JobSpec("clean", MakingCommand("x"), {}, line=line), commit=commit)


@pytest.mark.parametrize(
    ("line", "commit", "hint"),
    [
        (7, None, "Look there. `clean` declares what it leaves from line 7 on."),
        (None, None, "Look there."),
        (7, "3f2c1ab", "Look there."),
    ],
    ids=["own file", "no line", "another commit's file"],
)
def test_output_that_is_not_left_is_said_with_the_line(line: int | None, commit: str | None, hint: str) -> None:
    found = blame_needed(_make(line, commit), NOTHING)
    assert (found.code, found.hint) == ("needs-failed", hint)
    assert found.message == "the job `clean`, which this one builds on, failed (candidate): it left nothing at a.csv"


def test_a_failure_is_blamed_once_however_deep() -> None:
    once = blame_needed(_make(7), NOTHING)
    assert blame_needed(_make(9), once) == once
