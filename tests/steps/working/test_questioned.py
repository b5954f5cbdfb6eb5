"""A side is asked for so long as a behaviour says: an early end is no rate of fewer rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from ml_ci.behaviours.asks import Answers, Ask
from ml_ci.child.exchange import FAILS_FOR_ROWS
from ml_ci.errors import Failure, StageFailed
from ml_ci.steps.working.questioned import LIMIT, Timed

ASK = Ask(np.arange(3))


@dataclass
class Slow:
    """Take so long for an ask, or fail with a code."""

    takes: float = 0.0
    fails: str = ""
    said: str = "the model was ended"
    limits: list[float] = field(default_factory=list)

    def within(self, seconds: float) -> Slow:
        self.limits.append(seconds)
        return self

    def __call__(self, ask: Ask) -> Answers:
        time.sleep(self.takes)
        if self.fails:
            raise StageFailed(Failure("evaluation", self.fails, self.said))
        return Answers(np.zeros(len(ask.rows)), np.zeros(len(ask.rows), np.int8))


def test_each_ask_may_take_what_is_left() -> None:
    slow = Slow(0.02)
    timed = Timed(slow, 5.0)
    timed(ASK)
    timed(ASK)
    first, second = slow.limits
    assert 4.5 < second <= first - 0.02 <= 5.0


@pytest.mark.parametrize(("slow", "asks"), [(Slow(0.2), 3), (Slow(fails="ask-limit"), 1)])
def test_time_that_is_over_is_said_with_what_to_do(slow: Slow, asks: int) -> None:
    timed = Timed(slow, 0.3)
    with pytest.raises(StageFailed) as over:
        for _ in range(asks):
            timed(ASK)
    assert over.value.failure.code == LIMIT
    assert over.value.failure.message == "it took longer than 0.3 s to answer"
    assert "`time:`" in over.value.failure.hint


def test_that_the_model_fails_for_rows_is_why_it_was_late() -> None:
    said = f"{FAILS_FOR_ROWS}: no sex"
    with pytest.raises(StageFailed, match=f"longer than 5 s to answer .{said}"):
        Timed(Slow(fails="ask-limit", said=said), 5.0)(ASK)


def test_another_end_stays_what_it_is() -> None:
    with pytest.raises(StageFailed) as ended:
        Timed(Slow(fails="killed"), 5.0)(ASK)
    assert ended.value.failure.code == "killed"
