"""At the limit, at most alpha of the verdicts are wrong passes, and at most alpha wrong fails: by the real gate code.

Candidate and baseline are the same procedure, and both are noisy: each answer, and each repetition as a whole. So the
true difference is what the gate allows, and every pass and every fail is wrong.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import norm

from ml_ci.conditions import parse
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.spec.values import GateSpec
from tests.gates.repetitions import Answers, answer, make_holdout

pytestmark = pytest.mark.slow  # simulations: `.ci/run` runs them apart

ALPHA = 0.05
SPREADS = [(1.0, 0.3, 0.5), (1.0, 0.0, 1.0), (0.5, 0.8, 0.5)]


def judged(case: Case, text: str, confidence: float | None) -> tuple[GateResult, ...]:
    return judge([GateSpec(text, parse(text))], case, Policy(confidence))


def most(draws: int, alpha: float = ALPHA) -> float:
    return alpha + 3.3 * math.sqrt(alpha * (1 - alpha) / draws)


def simulate(
    gate: str, draws: int, spreads: tuple[float, float, float], confidence: float | None, k: int = 5
) -> Counter[str]:
    rng, verdicts = np.random.default_rng(11), Counter[str]()
    for _ in range(draws):
        holdout = make_holdout(rng, 240)
        shared = rng.normal(size=240)
        sides = [answer(rng, holdout, k, spreads=spreads, shared=shared) for _ in range(2)]
        (found,) = judged(Answers(holdout, *sides).case, gate, confidence)
        verdicts[found.verdict] += 1
    return verdicts


@pytest.mark.parametrize("spreads", SPREADS)
@pytest.mark.parametrize("gate", ["fpr <= baseline.fpr", "accuracy >= baseline.accuracy"])
def test_a_difference_of_nothing(gate: str, spreads: tuple[float, float, float]) -> None:
    found = simulate(gate, 250, spreads, 0.95)
    assert found["pass"] / 250 <= most(250)
    assert found["fail"] / 250 <= most(250)


@pytest.mark.parametrize("spreads", SPREADS)
def test_a_rate_that_is_the_limit(spreads: tuple[float, float, float]) -> None:
    limit = float(norm.sf(0.67 / math.sqrt(sum(one**2 for one in spreads))))
    found = simulate(f"fpr <= {limit:.6f}", 250, spreads, 0.95)
    assert found["pass"] / 250 <= most(250)
    assert found["fail"] / 250 <= most(250)


def test_resampled_counts() -> None:
    found = simulate("fpr + fnr <= baseline.fpr + baseline.fnr", 60, SPREADS[0], 0.95)
    assert max(found["pass"], found["fail"]) / 60 <= most(60)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_as_measured_nothing_fails_either(k: int) -> None:
    """Without a confidence the mean is compared, and what is more than noise fails: 2.5% at the most."""
    found = simulate("fpr <= baseline.fpr", 300, SPREADS[2], None, k)
    assert found["fail"] / 300 <= most(300, 0.025)
    assert found["pass"] > 100


def test_one_answer_a_row_would_fail_a_change_of_nothing() -> None:
    """What the simulation above would find without repetitions."""
    rng, wrong = np.random.default_rng(11), 0
    for _ in range(100):
        holdout = make_holdout(rng, 240)
        shared = rng.normal(size=240)
        sides = [answer(rng, holdout, 2, spreads=SPREADS[2], shared=shared) for _ in range(2)]
        one = Answers(holdout, *sides).comparison.repeats[0]
        wrong += judged(Case(one), "fpr <= baseline.fpr", 0.95)[0].verdict == "fail"
    assert wrong > 20
