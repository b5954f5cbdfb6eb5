"""The sentence that says what changed, by the names that a user knows."""

from __future__ import annotations

import pytest

from ml_ci.changes.values import Change
from ml_ci.reports.causes import cause
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import ModelReport


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("metrics", "slices: none → [region]")], "No line of code changed; slices: did."),
        (
            [("metrics", "slices: none → [region]"), ("gates", "auc >= 0.7 added")],
            "No line of code changed; slices: and the gates did.",
        ),
        (
            [("metrics", "threshold: 0.5 → 0.6, slices: none → [a, b]")],
            "No line of code changed; threshold: and slices: did.",
        ),
        ([("metrics", "adapter.py: predict()")], "The code that scores it changed."),
        ([("code", "a.py: f()"), ("metrics", "adapter.py: predict()")], "Code and the code that scores it changed."),
        (
            [("metrics", "data.validation, on which the threshold is chosen")],
            "No line of code changed; the metrics did.",
        ),
        ([("job", "run: python a.py → python b.py")], "No line of code changed; run: did."),
        ([("job", "env.SEED: 1 → 2")], "No line of code changed; env: did."),
        ([("job", "python: none → 3.8, cwd: none → src")], "No line of code changed; cwd: and python: did."),
        ([("job", "changed")], "No line of code changed; the job did."),
        ([("budget", "time: 5m → 10m")], "No line of code changed; the budget did."),
        ([("reads", "words.txt changed"), ("seed", "0 → 1")], "What it reads and the seed changed."),
        ([("code", "a.py: f()"), ("params", "depth: 3 → 5")], "Code and the params changed."),
    ],
)
def test_cause(changes: list[tuple[str, str]], said: str) -> None:
    model = ModelReport("pass", "train", changes=tuple(Change(part, summary) for part, summary in changes))
    assert plain(cause(model)) == said
