"""The sign of life of a long job."""

from __future__ import annotations

import pytest

from ml_ci.cli import progress
from ml_ci.cli.progress import PlainLines


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("epoch 3 of 9", "churn: still training the candidate, 271 s, 912 MB: epoch 3 of 9"),
        ("", "churn: still training the candidate, 271 s, 912 MB"),
        ("  warnings.warn(", "churn: still training the candidate, 271 s, 912 MB"),
        ("warn(message)", "churn: still training the candidate, 271 s, 912 MB"),
        ("warned 3 users", "churn: still training the candidate, 271 s, 912 MB: warned 3 users"),
    ],
)
def test_a_sign_of_life(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.0)
    lines = PlainLines()
    lines.begin("churn", "training the candidate")
    lines.tick("churn", 271.0, 912.0, line)
    assert capsys.readouterr().err.splitlines()[1:] == [said]
