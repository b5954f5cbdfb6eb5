"""What is drawn is counted: at every cut, in every bin, and of every row that flipped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml_ci.evaluation.cuts import count_rows
from ml_ci.evaluation.evaluate import Holdout, compare
from ml_ci.evaluation.flips import KINDS
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.metrics import curve
from ml_ci.evaluation.pictures import MOST_CUTS, MOST_FLIPS, CutCounts, Pictures
from ml_ci.evaluation.scores import Predictions, decide, own_scale
from ml_ci.evaluation.values import Comparison

ODD = st.sampled_from(
    [0.0, 1.0, 0.5, 0.1 + 0.2, 0.3, 1e-300, 5e-324, float(np.nextafter(1.0, 0)), float(np.float32(0.7))]
)
PROBABILITIES = st.one_of(ODD, st.floats(0, 1))
MARGINS = st.one_of(st.floats(-1e300, 1e300), st.integers(-3, 3).map(float))


def _holdout(y_true: NDArray[np.bool_]) -> Holdout:
    return Holdout(Labels(y_true, y_true.astype(np.int32), ("0", "1")))


def _side(score: Any, kind: str = "probability", threshold: float = 0.5) -> Predictions:
    score = np.asarray(score, np.float64)
    return decide(Predictions(score >= 0, kind, score), own_scale(kind, threshold))


def _draw(y: Any, one: Predictions, other: Predictions | None = None, stated: Any = (0.5, 0.5)) -> Comparison:
    return compare(_holdout(np.asarray(y, np.bool_)), one, other, stated=stated)


def _count(y: NDArray[np.bool_], score: NDArray[np.float64], at: float) -> tuple[int, int]:
    called = score >= at
    return int((called & ~y).sum()), int((~called & y).sum())


@st.composite
def _cases(draw: Any) -> tuple[Any, Any, Any, str, float, float]:
    kind = draw(st.sampled_from(["probability", "margin"]))
    rows = draw(st.integers(2, 40))
    scores = PROBABILITIES if kind == "probability" else MARGINS
    y = np.array([True, False, *draw(st.lists(st.booleans(), min_size=rows - 2, max_size=rows - 2))])
    sides = [np.array(draw(st.lists(scores, min_size=rows, max_size=rows))) for _ in range(2)]
    thresholds = draw(st.tuples(*[st.one_of(st.just(0.5), st.floats(0.01, 0.99))] * 2))
    return y, sides[0], sides[1], kind, *thresholds


@settings(deadline=None, max_examples=200)
@given(_cases())
def test_every_count_is_that_of_the_rows(case: Any) -> None:
    y, one, other, kind, first, second = case
    found = _draw(y, _side(one, kind, first), _side(other, kind, second), (first, second))
    pictures, baseline = found.pictures, found.baseline
    assert pictures is not None and pictures.cuts is not None and baseline is not None
    cuts = pictures.cuts
    assert list(cuts.at) == sorted(set(cuts.at)) and np.isfinite(cuts.at).all()
    assert {*one.tolist(), *other.tolist()} <= set(cuts.at)
    for side, score, own, cut in (
        (cuts.candidate, one, found.candidate, cuts.operating[0]),
        (cuts.baseline, other, baseline, cuts.operating[1]),
    ):
        assert side is not None and (side.positives, side.negatives) == (
            own.confusion.positives,
            own.confusion.negatives,
        )
        assert [*zip(side.fp, side.fn, strict=True)] == [_count(y, score, at) for at in cuts.at]
        if cut is not None:  # the counts at the judged threshold are the report's own
            here = cuts.at.index(cut)
            assert (side.fp[here], side.fn[here]) == (own.confusion.fp, own.confusion.fn)
    _hold_bins(pictures, y, one, other)


def _hold_bins(pictures: Pictures, y: Any, one: Any, other: Any) -> None:
    found = pictures.histograms
    assert found is not None and found.baseline is not None
    assert (found.edges[0], found.edges[-1]) == (min(one.min(), other.min()), max(one.max(), other.max()))
    for side, score in ((found.candidate, one), (found.baseline, other)):
        edges = np.array([*found.edges[:-1], np.inf])
        for counted, rows in ((side.negatives, score[~y]), (side.positives, score[y])):
            assert list(counted) == np.histogram(rows, edges)[0].tolist()
    calibration = pictures.calibration
    if calibration is not None:
        assert sum(one.rows for one in calibration.candidate) == len(y)
        assert sum(one.positives for one in calibration.candidate) == int(y.sum())
        mean = sum(one.rows * one.mean for one in calibration.candidate) / len(y)
        assert mean == pytest.approx(float(np.mean(one)), abs=1e-12)


@settings(deadline=None, max_examples=100)
@given(_cases())
def test_flips_are_the_rows_that_one_side_gets_wrong(case: Any) -> None:
    y, one, other, kind, first, second = case
    sides = _side(one, kind, first), _side(other, kind, second)
    pictures = _draw(y, *sides).pictures
    assert pictures is not None and pictures.flips is not None
    flips = pictures.flips
    wrong = [side.decision != y for side in sides]
    only = [wrong[0] & ~wrong[1], wrong[1] & ~wrong[0]]
    counts = (flips.new_fp, flips.new_fn, flips.gone_fp, flips.gone_fn)
    assert counts == tuple(int((who & of).sum()) for who in only for of in (~y, y))
    assert {(flip.row, flip.positive, flip.wrong) for flip in flips.rows} == {
        (int(row) + 1, bool(y[row]), who == 0) for who in (0, 1) for row in np.flatnonzero(only[who])
    }
    assert all((flip.candidate, flip.baseline) == (one[flip.row - 1], other[flip.row - 1]) for flip in flips.rows)


def test_of_many_flips_each_kind_gets_its_part_and_the_farthest_come_first() -> None:
    y = np.arange(2_000) % 2 == 0
    other = np.linspace(0.4, 0.6, 2_000)
    one = np.where(np.arange(2_000) < 1_990, 1 - other, other)
    pictures = _draw(y, _side(one), _side(other)).pictures
    assert pictures is not None and pictures.flips is not None
    flips = pictures.flips
    assert len(flips.rows) == MOST_FLIPS and flips.scored
    by_kind = {kind: [flip for flip in flips.rows if (flip.positive, flip.wrong) == kind] for kind in KINDS}
    assert [len(rows) for rows in by_kind.values()] == [50, 50, 50, 50]
    for (positive, wrong), rows in by_kind.items():
        moved = [abs(flip.candidate - flip.baseline) for flip in rows]
        assert moved == sorted(moved, reverse=True)
        mine = (y == positive) & ((one >= 0.5) != (other >= 0.5)) & (((one >= 0.5) != positive) == wrong)
        assert min(moved) == pytest.approx(np.sort(np.abs(one - other)[mine])[-50])


def test_a_kind_with_few_rows_leaves_its_part_to_the_others() -> None:
    y = np.zeros(1_000, np.bool_)
    y[:3] = True
    pictures = _draw(y, _side(np.where(y, 0.4, 0.6)), _side(np.where(y, 0.6, 0.4))).pictures
    assert pictures is not None and pictures.flips is not None
    assert [flip.row for flip in pictures.flips.rows if flip.positive] == [1, 2, 3]
    assert len(pictures.flips.rows) == MOST_FLIPS  # of equal rows the first
    assert [flip.row for flip in pictures.flips.rows if not flip.positive] == list(range(4, 201))


def test_labels_have_no_cuts_and_flip_all_the_same() -> None:
    y = np.array([True, False, True])
    one, other = (Predictions(np.array(said), "label") for said in ([True, True, False], [True, False, True]))
    pictures = _draw(y, one, other).pictures
    assert pictures is not None and pictures.flips is not None
    assert (pictures.cuts, pictures.histograms, pictures.calibration) == (None, None, None)
    assert not pictures.flips.scored
    assert [(flip.row, flip.candidate, flip.baseline) for flip in pictures.flips.rows] == [(2, 1.0, 0.0), (3, 0.0, 1.0)]


def test_without_a_baseline_nothing_flips() -> None:
    pictures = _draw([True, False], _side([0.9, 0.2]), stated=(0.5, None)).pictures
    assert pictures is not None and pictures.cuts is not None
    assert pictures.flips is None and pictures.cuts.baseline is None
    assert pictures.cuts.operating == (0.5, None)


def test_a_baseline_of_labels_is_not_drawn_beside_scores() -> None:
    y = np.array([True, False])
    pictures = _draw(y, _side([0.9, 0.2]), Predictions(np.array([False, False]), "label")).pictures
    assert pictures is not None and pictures.cuts is not None and pictures.flips is not None
    assert pictures.cuts.baseline is None and not pictures.flips.scored


@pytest.mark.parametrize(
    ("score", "stated", "cut"),
    [
        pytest.param([0.2, 0.9], 0.5, 0.5, id="as stated"),
        pytest.param([0.2, float(np.float32(0.7))], 0.7, 0.699999988, id="a float32 that 0.7 is above"),
        pytest.param([0.41, 0.52], None, 0.5, id="chosen elsewhere: the shortest number that decides so"),
        pytest.param([0.9, 0.9], 0.5, 0.5, id="all positive"),
        pytest.param([0.1, 0.2], None, float(np.nextafter(0.2, 1)), id="none positive"),
    ],
)
def test_the_operating_cut_decides_as_the_side_did(score: list[float], stated: float | None, cut: float) -> None:
    threshold = stated or 0.5
    decision = np.asarray(score, np.float32) >= np.float32(threshold)
    side = Predictions(decision, "probability", np.asarray(score, np.float64))
    pictures = compare(_holdout(np.array([False, True])), side, stated=(stated, None)).pictures
    assert pictures is not None and pictures.cuts is not None
    assert pictures.cuts.operating[0] == cut


def test_where_each_fold_chose_its_cut_no_single_one_operates() -> None:
    side = Predictions(np.array([True, False]), "probability", np.array([0.3, 0.6]))
    pictures = compare(_holdout(np.array([False, True])), side, stated=(None, None)).pictures
    assert pictures is not None and pictures.cuts is not None
    assert pictures.cuts.operating == (None, None)


@pytest.mark.parametrize("balance", [0.5, 0.05])
@pytest.mark.parametrize("shape", ["smooth", "saturated", "coarse", "shifted"])
def test_few_cuts_lose_little_of_the_curve(balance: float, shape: str) -> None:
    rng = np.random.default_rng(7)
    y = rng.random(300_000) < balance
    raw = rng.normal(size=len(y)) + 1.2 * y
    one = {
        "smooth": 1 / (1 + np.exp(-raw)),
        "saturated": 1 - np.exp(-np.exp(raw * 4)),
        "coarse": np.round(1 / (1 + np.exp(-raw)), 2),
        "shifted": 1 / (1 + np.exp(-raw)) / 1000,
    }[shape]
    other = 1 / (1 + np.exp(-(raw + rng.normal(size=len(y)) * 0.3)))
    pictures = _draw(y, _side(one), _side(other)).pictures
    assert pictures is not None and pictures.cuts is not None and pictures.cuts.baseline is not None
    assert len(pictures.cuts.at) <= MOST_CUTS
    for side, score in ((pictures.cuts.candidate, one), (pictures.cuts.baseline, other)):
        assert _off(side, y, score) <= 0.002


def _off(side: CutCounts, y: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Give by how much the drawn line is below or above the whole curve, in TPR at an FPR of the whole curve."""
    full = curve(y, score)
    x, truth = full.fp / full.negatives, full.tp / full.positives
    fpr = np.array([0, *side.fp[::-1], side.negatives]) / side.negatives
    tpr = 1 - np.array([side.positives, *side.fn[::-1], 0]) / side.positives
    return float(np.abs(np.interp(x, fpr, tpr) - truth).max())


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 60))
def test_counts_without_a_sort_are_those_with_one(seed: int, rows: int, distinct: int) -> None:
    rng = np.random.default_rng(seed)
    score, y = rng.integers(0, distinct, rows) / distinct, rng.random(rows) < 0.5
    at = sorted({*rng.random(7).tolist(), *score[:5].tolist(), -1.0, 2.0})
    found = count_rows(y, score, at)
    assert [*zip(found.fp, found.fn, strict=True)] == [_count(y, score, cut) for cut in at]
    assert (found.positives, found.negatives) == (int(y.sum()), int((~y).sum()))
