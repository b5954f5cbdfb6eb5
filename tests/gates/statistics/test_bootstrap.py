from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm
from sklearn.metrics import log_loss, roc_auc_score

from ml_ci.gates.statistics import bootstrap, replicates, resampling, weighted
from ml_ci.gates.statistics.bootstrap import Term
from ml_ci.gates.statistics.values import Floats


def _sample(negatives: int, positives: int, seed: int = 0, apart: float = 1.2) -> tuple[Floats, Floats, Floats]:
    """Labels, a candidate's scores and a baseline's, which share half of what they know."""
    generator = np.random.default_rng(seed)
    y_true = np.arange(negatives + positives) >= negatives
    known = generator.normal(size=len(y_true)) + apart * y_true
    noisy = [known + 0.7 * generator.normal(size=len(y_true)) for _ in range(2)]
    return y_true, norm.cdf(noisy[0]), norm.cdf(noisy[1])


def test_the_estimate_is_the_measured_value() -> None:
    y_true, candidate, baseline = _sample(300, 90)
    assert bootstrap.of_scores(y_true, candidate, "auc").estimate == pytest.approx(roc_auc_score(y_true, candidate))
    difference = roc_auc_score(y_true, candidate) - roc_auc_score(y_true, baseline)
    assert bootstrap.of_scores(y_true, candidate, "auc", baseline).estimate == pytest.approx(difference)


def test_the_same_seed_gives_the_same_replicates_and_another_does_not() -> None:
    y_true, candidate, baseline = _sample(200, 60)
    first, again, other = (
        bootstrap.of_scores(y_true, candidate, "auc", baseline, replicates=50, seed=seed) for seed in (3, 3, 4)
    )
    assert first.values.tolist() == again.values.tolist()
    assert first.acceleration == again.acceleration
    assert first.values.tolist() != other.values.tolist()


def test_the_spread_is_that_of_delong() -> None:
    y_true, candidate, _ = _sample(400, 120)
    ours = bootstrap.of_scores(y_true, candidate, "auc").values.std()
    negatives, positives = candidate[~y_true], candidate[y_true]
    wins = (positives[:, None] > negatives).astype(float)
    delong = math.sqrt(wins.mean(axis=1).var(ddof=1) / 120 + wins.mean(axis=0).var(ddof=1) / 400)
    assert ours == pytest.approx(delong, rel=0.08)


def test_bounds_are_near_scipys_bca() -> None:
    """One class alone, a mean of squares, is what scipy can do as well."""
    y_true, candidate, _ = _sample(150, 0)
    ours = bootstrap.of_scores(y_true, candidate, "brier", replicates=9999)
    evidence = replicates.at_most(ours, 0.3, 0.05)
    theirs = scipy_bootstrap((candidate**2,), np.mean, confidence_level=0.9, method="BCa", rng=np.random.default_rng(1))
    spread = theirs.standard_error
    assert evidence.low == pytest.approx(theirs.confidence_interval.low, abs=0.12 * spread)
    assert evidence.high == pytest.approx(theirs.confidence_interval.high, abs=0.12 * spread)


def _left_out_one_by_one(y_true: Floats, score: Floats, metric: Callable[[Floats, Floats], float]) -> float:
    """The acceleration of a plain jackknife within the classes: a sixth of the influences' skewness."""
    influence = []
    for of_class in (False, True):
        without = [np.delete(np.arange(len(y_true)), row) for row in np.flatnonzero(y_true == of_class)]
        values = np.array([metric(y_true[rows], score[rows]) for rows in without])
        influence.extend(values.mean() - values)
    return float((np.array(influence) ** 3).sum() / (6 * (np.array(influence) ** 2).sum() ** 1.5))


@pytest.mark.parametrize(("metric", "literally"), [("auc", roc_auc_score), ("log_loss", log_loss)])
@pytest.mark.parametrize(("negatives", "positives"), [(40, 40), (60, 60), (150, 50)])
def test_the_acceleration_is_that_of_a_jackknife_within_the_classes(
    negatives: int, positives: int, metric: str, literally: Callable[[Floats, Floats], float]
) -> None:
    y_true, score, _ = _sample(negatives, positives, apart=2.5)
    found = bootstrap.of_scores(y_true, score, metric, replicates=2).acceleration
    if metric == "log_loss":  # each class counts for what it is of all rows, also where one row is left out
        shares = np.array([negatives, positives]) / (negatives + positives)

        def literally(y_true: Floats, score: Floats) -> float:
            losses = [-np.log(np.where(y_true, score, 1 - score))[y_true == one].mean() for one in (False, True)]
            return float(shares @ losses)

    expected = _left_out_one_by_one(y_true, score, literally)
    assert abs(expected) > 0.01
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_pair_is_resampled_together() -> None:
    y_true, candidate, _ = _sample(300, 100)
    shifted = candidate * 0.9 + 0.05  # the same order of rows: the same AUC on every resample
    found = bootstrap.of_scores(y_true, candidate, "auc", shifted, replicates=100)
    assert np.abs(found.values).max() < 1e-12


def test_terms_are_weighed() -> None:
    y_true, candidate, baseline = _sample(300, 100)
    auc = weighted.METRICS["auc"]
    terms = [Term(auc), Term(auc, baseline=True, weight=-0.9)]
    found = bootstrap.of_terms(y_true, candidate, baseline, terms, replicates=50)
    assert found.estimate == pytest.approx(roc_auc_score(y_true, candidate) - 0.9 * roc_auc_score(y_true, baseline))


def test_swapping_candidate_and_baseline_mirrors() -> None:
    y_true, candidate, baseline = _sample(2000, 700)
    straight = replicates.at_most(bootstrap.of_scores(y_true, candidate, "auc", baseline), 0.01, 0.05)
    swapped = replicates.at_least(bootstrap.of_scores(y_true, baseline, "auc", candidate), -0.01, 0.05)
    assert straight.low == pytest.approx(-(swapped.high or 0), abs=0.0015)
    assert straight.high == pytest.approx(-(swapped.low or 0), abs=0.0015)


def test_nan_scores_are_undefined() -> None:
    y_true, candidate, baseline = _sample(50, 20)
    candidate[3] = math.nan
    for found in (
        bootstrap.of_scores(y_true, candidate, "auc"),
        bootstrap.of_scores(y_true, baseline, "auc", candidate),
    ):
        evidence = replicates.at_least(found, 0.1, 0.05)
        assert (evidence.outcome, evidence.reason, evidence.interval) == ("inconclusive", "a score is NaN", None)


@pytest.mark.parametrize(("negatives", "positives"), [(40, 0), (0, 40), (0, 0)])
def test_one_class_only_is_undefined(negatives: int, positives: int) -> None:
    y_true, candidate, baseline = _sample(negatives, positives)
    for other in (None, baseline):
        evidence = replicates.at_least(bootstrap.of_scores(y_true, candidate, "auc", other), 0.1, 0.05)
        assert (evidence.outcome, evidence.reason) == ("inconclusive", "the metric is undefined on these rows")


def test_all_scores_equal_is_no_proof_on_few_rows() -> None:
    y_true, candidate, _ = _sample(30, 10)
    same = np.full_like(candidate, 0.5)
    few = replicates.at_least(bootstrap.of_scores(y_true, same, "auc"), 0.49, 0.05)
    assert few.outcome == "inconclusive"
    assert few.low is not None
    assert few.low < 0.2
    y_true = np.arange(40_000) >= 20_000
    many = replicates.at_least(bootstrap.of_scores(y_true, np.full(40_000, 0.5), "auc", replicates=200), 0.49, 0.05)
    assert many.outcome == "pass"


def test_a_perfect_ranking_of_a_few_rows_is_no_proof() -> None:
    y_true = np.arange(40) >= 35
    evidence = replicates.at_least(bootstrap.of_scores(y_true, y_true / 1.0, "auc"), 0.9, 0.05)
    assert evidence.outcome == "inconclusive"
    assert evidence.low is not None
    assert evidence.low < 0.6


def test_rows_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        bootstrap.of_scores([True, False], [0.1, 0.2, 0.3], "auc")


def test_a_bag_has_the_spread_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    y_true, candidate, _ = _sample(20_000, 900, apart=0.8)
    whole = bootstrap.of_scores(y_true, candidate, "auc", replicates=600)
    monkeypatch.setattr(resampling, "BAG", 2000)
    bag = bootstrap.of_scores(y_true, candidate, "auc", replicates=600)
    assert bag.estimate == pytest.approx(whole.estimate)
    assert bag.rows == (20_000, 900)
    assert bag.values.std() == pytest.approx(whole.values.std(), rel=0.15)


def test_weights_hold_each_class_at_its_rows() -> None:
    y_true, _, _ = _sample(70, 30)
    rng = np.random.default_rng(0)
    classes = resampling.strata(y_true, rng)
    drawn = list(resampling.weights(classes, 100, rng))
    negatives, positives = (np.concatenate(side) for side in zip(*drawn, strict=True))
    assert (negatives.shape, positives.shape) == ((100, 70), (100, 30))
    assert set(negatives.sum(axis=1)) == {70.0}
    assert set(positives.sum(axis=1)) == {30.0}


def test_memory_is_bounded_by_the_chunk() -> None:
    y_true, _, _ = _sample(70_000, 30_000)
    rng = np.random.default_rng(0)
    for negatives, positives in resampling.weights(resampling.strata(y_true, rng), 5, rng):
        assert negatives.size + positives.size <= resampling.CHUNK


@pytest.mark.parametrize(("apart", "truth_seed"), [(1.0, 11), (2.0, 12)])
def test_bounds_cover_the_true_auc(apart: float, truth_seed: int) -> None:
    """240 rows, 40 positive: wrong passes and wrong fails at the true value stay near 5% each."""
    truth, runs = norm.cdf(apart / math.sqrt(2)), 200
    generator = np.random.default_rng(truth_seed)
    wrong = {"pass": 0, "fail": 0, "inconclusive": 0}
    y_true = np.arange(240) >= 200
    for seed in range(runs):
        score = generator.normal(size=240) + apart * y_true
        found = bootstrap.of_scores(y_true, score, "auc", replicates=400, seed=seed)
        wrong[replicates.at_most(found, truth, 0.05).outcome] += 1
    assert wrong["pass"] / runs <= 0.105
    assert wrong["fail"] / runs <= 0.105
    assert wrong["pass"] + wrong["fail"] >= 0.03 * runs
