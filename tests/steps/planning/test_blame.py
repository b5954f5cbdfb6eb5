"""Whose a failure is, and what to do where the failure itself does not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.steps.planning.blame import blaming_baseline


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("Install it.", "Install it. Or compare with another commit: --baseline REF."),
        ("", "Compare with another commit: --baseline REF."),
    ],
)
def test_the_baseline_is_to_blame(hint: str, said: str) -> None:
    side: Any = SimpleNamespace(commit="3f2c1ab99")
    with pytest.raises(StageFailed) as told, blaming_baseline(side):
        raise StageFailed(Failure("training", "job-exit", "the job ended with exit code 1", hint))
    assert told.value.failure.hint == said
    assert told.value.failure.message == (
        "the baseline of commit 3f2c1ab cannot be had: the job ended with exit code 1"
    )
