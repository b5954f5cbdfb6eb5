"""The standard error of a difference in a metric of scores, paired by row."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from ml_ci.evaluation import spread
from ml_ci.evaluation.metrics import of_scores
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.spread import spreads

NAMES = ("auc", "average_precision", "log_loss", "brier", "ece")


def _predictions(score: np.ndarray, kind: str = "probability") -> Predictions:
    return Predictions(score >= 0.5, kind, score)


def _draw(rng: np.random.Generator, rows: int, prevalence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels and the scores of two models that are equally good."""
    signal = rng.normal(size=rows)
    y_true = rng.random(rows) < _logistic(1.5 * signal + math.log(prevalence / (1 - prevalence)))
    one, other = (_logistic(1.2 * (signal + rng.normal(size=rows) / 2)) for _ in range(2))
    return y_true, one, other


def _logistic(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def _delong(y_true: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Give DeLong's error as it is printed, by comparing every positive with every negative."""
    placed = [np.sign(score[y_true][:, np.newaxis] - score[~y_true][np.newaxis, :]) / 2 + 0.5 for score in (one, other)]
    apart = placed[0] - placed[1]
    of_positives, of_negatives = apart.mean(axis=1), apart.mean(axis=0)
    return math.sqrt(
        np.var(of_positives, ddof=1) / len(of_positives) + np.var(of_negatives, ddof=1) / len(of_negatives)
    )


@given(st.integers(0, 10_000), st.integers(20, 80), st.sampled_from([0.2, 0.5]), st.booleans())
def test_the_aucs_error_is_delongs(seed: int, rows: int, prevalence: float, ties: bool) -> None:
    y_true, one, other = _draw(np.random.default_rng(seed), rows, prevalence)
    y_true[:2], y_true[2:4] = True, False
    if ties:
        one, other = one.round(1), other.round(1)
    found = spreads(y_true, _predictions(one), _predictions(other))["auc"]
    assert found.error == pytest.approx(_delong(y_true, one, other))
    assert found.rows == min(y_true.sum(), (~y_true).sum())


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("brier", lambda y_true, score: (score - y_true) ** 2),
        ("log_loss", lambda y_true, score: -np.log(np.where(y_true, score, 1 - score))),
    ],
)
def test_the_error_of_a_mean_loss_is_students(name: str, loss: Callable[..., np.ndarray]) -> None:
    y_true, one, other = _draw(np.random.default_rng(1), 300, 0.3)
    found = spreads(y_true, _predictions(one), _predictions(other))[name]
    expected = ttest_rel(loss(y_true, one), loss(y_true, other))
    measured = [of_scores(y_true, score, "probability")[name] or math.nan for score in (one, other)]
    assert (measured[0] - measured[1]) / found.error == pytest.approx(expected.statistic)
    assert found.rows - 1 == expected.df


def test_the_error_of_average_precision_is_the_jackknifes() -> None:
    y_true, one, other = _draw(np.random.default_rng(2), 400, 0.3)
    found = spreads(y_true, _predictions(one), _predictions(other))["average_precision"]

    def measure(kept: np.ndarray) -> float:
        values = [
            of_scores(y_true[kept], score[kept], "probability")["average_precision"] or math.nan
            for score in (one, other)
        ]
        return values[0] - values[1]

    every = np.arange(400)
    without = np.array([measure(every != row) for row in every])
    assert found.error == pytest.approx(math.sqrt(399 / 400 * np.sum((without - without.mean()) ** 2)), rel=0.05)


@pytest.mark.parametrize(("rows", "prevalence"), [(60, 0.3), (300, 0.1), (1000, 0.5)])
def test_equally_good_models_are_seldom_told_apart(rows: int, prevalence: float) -> None:
    """Each side at most at its level, beside what 600 draws leave to chance."""
    from scipy.special import stdtrit

    rng = np.random.default_rng(3)
    told, drawn = dict.fromkeys(NAMES, 0), 600
    for _ in range(drawn):
        y_true, one, other = _draw(rng, rows, prevalence)
        pair = [of_scores(y_true, score, "probability") for score in (one, other)]
        for name, found in spreads(y_true, _predictions(one), _predictions(other)).items():
            apart = (pair[0][name] or 0.0) - (pair[1][name] or 0.0)
            told[name] += apart - stdtrit(found.rows - 1, 0.95) * found.error - found.above > 0
    assert max(told.values()) / drawn <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / drawn)
    assert min(told[name] for name in NAMES if name != "ece") > 0


def test_a_calibration_error_is_never_less_for_scores_that_say_more() -> None:
    """A model that says one number for all has one bin of noise, another has fifteen: that is no difference."""
    rng = np.random.default_rng(4)
    for _ in range(50):
        truth = rng.random(1000)
        y_true = rng.random(1000) < truth
        found = spreads(y_true, _predictions(truth), _predictions(np.full(1000, 0.5) + truth * 1e-9))["ece"]
        pair = [of_scores(y_true, score, "probability")["ece"] or 0.0 for score in (truth, np.full(1000, 0.5))]
        assert pair[0] - pair[1] - 1.65 * found.error - found.above <= 0


def test_a_calibration_error_that_did_grow_is_told() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(4000)
    y_true = rng.random(4000) < truth
    off = np.clip(truth + 0.15, 0, 1)
    found = spreads(y_true, _predictions(off), _predictions(truth))["ece"]
    pair = [of_scores(y_true, score, "probability")["ece"] or 0.0 for score in (off, truth)]
    assert pair[0] - pair[1] - 1.65 * found.error - found.above > 0


def test_swapped_models_have_the_same_spread() -> None:
    y_true, one, other = _draw(np.random.default_rng(6), 200, 0.3)
    found = spreads(y_true, _predictions(one), _predictions(other))
    swapped = spreads(y_true, _predictions(other), _predictions(one))
    for name in NAMES:
        assert swapped[name].error == pytest.approx(found[name].error)
        assert (swapped[name].below, swapped[name].above) == (found[name].above, found[name].below)


def test_a_part_of_many_rows_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    y_true, one, other = _draw(np.random.default_rng(7), 60_000, 0.2)
    found = spreads(y_true, _predictions(one), _predictions(other))
    monkeypatch.setattr(spread, "_ENOUGH", 20_000)
    part = spreads(y_true, _predictions(one), _predictions(other))
    for name in NAMES:
        assert part[name].error != found[name].error
        assert part[name].error == pytest.approx(found[name].error, rel=0.05)
        assert part[name].rows == found[name].rows
        assert part[name].below == pytest.approx(found[name].below, rel=0.05)


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        (("probability", "probability"), set(NAMES)),
        (("margin", "margin"), {"auc", "average_precision"}),
        (("probability", "margin"), {"auc", "average_precision"}),
        (("label", "label"), set()),
    ],
)
def test_what_is_defined_on_both_sides(kinds: tuple[str, str], names: set[str]) -> None:
    y_true, one, other = _draw(np.random.default_rng(8), 100, 0.3)
    assert set(spreads(y_true, _predictions(one, kinds[0]), _predictions(other, kinds[1]))) == names


def test_rows_that_show_no_spread() -> None:
    y_true, one, other = _draw(np.random.default_rng(9), 100, 0.3)
    single = np.zeros(100, np.bool_)
    assert not spreads(single, _predictions(one), _predictions(other))
    single[3] = True
    assert not spreads(single, _predictions(one), _predictions(other))
    assert not spreads(y_true, _predictions(one), _predictions(one))
    assert not spreads(y_true[:0], _predictions(one[:0]), _predictions(other[:0]))


def test_rows_of_one_cluster_are_one_row() -> None:
    """Each row five times is no more evidence than each once; clusters of one row are rows."""
    y_true, one, other = _draw(np.random.default_rng(10), 200, 0.4)
    alone = spreads(y_true, _predictions(one), _predictions(other))
    rows = spreads(y_true, _predictions(one), _predictions(other), np.arange(200))
    five = [np.repeat(array, 5) for array in (y_true, one, other)]
    clusters = spreads(five[0], _predictions(five[1]), _predictions(five[2]), np.repeat(np.arange(200), 5))
    for name in ("auc", "average_precision", "log_loss", "brier"):
        assert rows[name].error == pytest.approx(alone[name].error, rel=0.01)
        assert clusters[name].error == pytest.approx(rows[name].error)
        assert clusters[name].rows == rows[name].rows == alone[name].rows
    assert "ece" not in clusters and "ece" not in rows


def test_few_clusters_of_a_class_show_nothing() -> None:
    y_true, one, other = _draw(np.random.default_rng(11), 400, 0.4)
    for number, shown in ((19, False), (25, True)):
        assert bool(spreads(y_true, _predictions(one), _predictions(other), np.arange(400) % number)) == shown


def test_a_part_of_many_clusters_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    y_true, one, other = _draw(np.random.default_rng(12), 60_000, 0.3)
    codes = np.arange(60_000) // 3
    found = spreads(y_true, _predictions(one), _predictions(other), codes)
    monkeypatch.setattr(spread, "_ENOUGH", 20_000)
    part = spreads(y_true, _predictions(one), _predictions(other), codes)
    assert part["auc"].error != found["auc"].error
    assert part["auc"].error == pytest.approx(found["auc"].error, rel=0.05)
    assert part["auc"].rows == found["auc"].rows
