from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.stats import beta

from ml_ci.evaluation.confusion import Paired, PairedErrors
from ml_ci.gates.statistics import bootstrap_counts, limits, replicates
from ml_ci.gates.statistics.bootstrap_counts import Counts
from ml_ci.gates.statistics.values import Floats


def _fpr(counts: Counts) -> Floats:
    return counts.fp / (counts.fp + counts.tn)


def _f1(counts: Counts) -> Floats:
    return (2 * counts.tp / (2 * counts.tp + counts.fp + counts.fn))[:, 0]


def _worst(rates: Floats) -> Floats:
    return rates.max(axis=1)


def _alone(errors: Sequence[int], rows: Sequence[int]) -> list[Paired]:
    return [
        Paired(PairedErrors(candidate_only=x, neither=n - x), PairedErrors(neither=5))
        for x, n in zip(errors, rows, strict=True)
    ]


def test_the_estimate_is_the_measured_value() -> None:
    slices = _alone([3, 10, 0], [30, 50, 40])
    found = bootstrap_counts.of_counts(slices, lambda c, _: bootstrap_counts.gap(_fpr(c)), paired=False)
    assert found.estimate == pytest.approx(0.2)
    ratio = bootstrap_counts.of_counts(slices[:2], lambda c, _: bootstrap_counts.ratio(_fpr(c)), paired=False)
    assert ratio.estimate == pytest.approx(2.0)
    assert (found.rows, found.method) == ((30, 5, 50, 5, 40, 5), "bootstrap of counts")


def test_a_ratio_to_zero_is_undefined() -> None:
    found = bootstrap_counts.of_counts(_alone([3, 0], [30, 40]), lambda c, _: bootstrap_counts.ratio(_fpr(c)))
    assert replicates.at_most(found, 3.0, 0.05).reason == "the metric is undefined on these rows"


def test_both_sides_of_a_pair() -> None:
    cells = [Paired(PairedErrors(5, 3, 2, 290), PairedErrors(4, 6, 1, 89))]
    found = bootstrap_counts.of_counts(cells, lambda c, b: _f1(c) - _f1(b))
    candidate, baseline = 180 / (180 + 8 + 10), 190 / (190 + 7 + 5)
    assert found.estimate == pytest.approx(candidate - baseline)
    assert found.values.std() < 0.05


def test_no_error_seen_is_not_no_error_possible() -> None:
    found = bootstrap_counts.of_counts(_alone([0], [20]), lambda c, _: _worst(_fpr(c)), paired=False)
    evidence = replicates.at_most(found, 0.05, 0.05)
    assert evidence.outcome == "inconclusive"
    assert evidence.high == pytest.approx(0.09, abs=0.02)
    assert limits.upper(0, 20, 0.05)[0] == pytest.approx(0.139, abs=0.001)  # where it applies, it is the safer one


@pytest.mark.parametrize(("side", "errors"), [(0, 3), (1, 0)])
def test_of_a_pair_each_side_has_half_a_row_more_of_each_kind(side: int, errors: int) -> None:
    """Of 300 rows the baseline errs on none that was seen: its rate is drawn from a beta distribution all the same."""
    cells = [Paired(PairedErrors(candidate_only=3, neither=297), PairedErrors(neither=5))]
    found = bootstrap_counts.of_counts(cells, lambda *sides: _fpr(sides[side])[:, 0])
    expected = beta(errors + 1, 300 - errors + 1)
    assert found.estimate == errors / 300
    assert found.values.mean() == pytest.approx(expected.mean(), rel=0.05)
    assert found.values.std() == pytest.approx(expected.std(), rel=0.05)


def test_a_side_alone_has_half_a_row_more_of_each_kind() -> None:
    found = bootstrap_counts.of_counts(_alone([3], [300]), lambda c, _: _fpr(c)[:, 0], paired=False)
    expected = beta(3.5, 297.5)
    assert found.values.mean() == pytest.approx(expected.mean(), rel=0.03)
    assert found.values.std() == pytest.approx(expected.std(), rel=0.05)


def test_a_class_without_rows_is_undefined() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # 0 / 0 is foreseen
        found = bootstrap_counts.of_counts(_alone([0], [0]), lambda c, _: _worst(_fpr(c)), paired=False)
    assert replicates.at_most(found, 0.5, 0.05).reason == "the metric is undefined on these rows"


def test_the_same_seed_gives_the_same_values() -> None:
    one, two = (bootstrap_counts.of_counts(_alone([3], [30]), lambda c, _: _worst(_fpr(c)), seed=5) for _ in range(2))
    assert one.values.tolist() == two.values.tolist()


@pytest.mark.parametrize(
    ("rates", "rows", "statistic", "truth"),
    [
        ([0.1], 50, _worst, 0.1),
        ([0.1] * 5, 50, _worst, 0.1),
        ([0.05, 0.05, 0.05, 0.1], 100, bootstrap_counts.gap, 0.05),
        ([0.05, 0.15], 100, bootstrap_counts.gap, 0.1),
    ],
)
def test_wrong_verdicts_stay_near_the_level(
    rates: list[float], rows: int, statistic: Callable[[Floats], Floats], truth: float
) -> None:
    generator, runs = np.random.default_rng(2), 250
    outcomes = []
    for seed in range(runs):
        errors = generator.binomial(rows, rates).tolist()
        slices = _alone(errors, [rows] * len(rates))
        found = bootstrap_counts.of_counts(
            slices, lambda c, _: statistic(_fpr(c)), paired=False, replicates=999, seed=seed
        )
        outcomes.append(replicates.at_most(found, truth, 0.05).outcome)
    assert outcomes.count("pass") / runs <= 0.105
    assert outcomes.count("fail") / runs <= 0.105
