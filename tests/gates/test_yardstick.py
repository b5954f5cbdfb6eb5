"""Of two yardsticks the worse verdict counts; one that judged nothing decides nothing."""

from __future__ import annotations

import pytest

from ml_ci.gates.values import Verdict
from ml_ci.gates.yardstick import Yardstick, worst


@pytest.mark.parametrize(
    ("own", "base", "verdict"),
    [
        ("pass", "pass", "pass"),
        ("pass", "fail", "fail"),
        ("fail", "pass", "fail"),
        ("pass", "inconclusive", "inconclusive"),
        ("pass", "unjudged", "pass"),
        ("fail", "unjudged", "fail"),
        ("inconclusive", "fail", "fail"),
        ("error", "pass", "error"),
        ("unjudged", "unjudged", "unjudged"),
    ],
)
def test_the_worse_one_counts(own: Verdict, base: Verdict, verdict: Verdict) -> None:
    assert worst(own, [Yardstick("this change", own), Yardstick("the base 3f2c1ab", base)]) == verdict
    assert worst(own, []) == own
