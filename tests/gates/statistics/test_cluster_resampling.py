from __future__ import annotations

import numpy as np
import pytest

from ml_ci.gates.statistics import bootstrap, cluster_resampling, replicates, resampling
from ml_ci.gates.statistics.cluster_resampling import Among, Groups

RNG = np.random.default_rng(5)
LABELS = np.array([False] * 30 + [True] * 20)
SCORES = RNG.random(50)


def test_rows_of_their_own_are_drawn_as_ever() -> None:
    alone = Groups(np.arange(50)[::-1].copy(), np.full(50, 2.0))
    plain = bootstrap.of_scores(LABELS, SCORES, "auc", seed=3)
    metric = [bootstrap.Term(bootstrap.named("auc"))]
    grouped = bootstrap.of_terms(LABELS, SCORES, None, metric, seed=3, groups=alone)
    assert (grouped.estimate, grouped.values.tolist()) == (plain.estimate, plain.values.tolist())


def test_pure_strata_of_single_rows_are_todays_draws() -> None:
    sample = cluster_resampling.take(LABELS, SCORES, Groups(np.arange(50), np.ones(50)), np.random.default_rng(0))
    classes = resampling.strata(LABELS, np.random.default_rng(0))
    ours = next(sample.weights(40, np.random.default_rng(1)))
    theirs = next(resampling.weights(classes, 40, np.random.default_rng(1)))
    for mine, yours in zip(ours, theirs, strict=True):
        assert np.sort(mine, axis=1).tolist() == np.sort(yours, axis=1).tolist()
    assert sample.full == (30, 20, 0)


def test_all_rows_of_a_cluster_are_drawn_together() -> None:
    codes = np.arange(50) // 5
    codes[[0, 49]] = 99  # a cluster with rows of both classes
    weights = 1.0 + np.arange(50) % 3
    sample = cluster_resampling.take(LABELS, SCORES, Groups(codes, weights), np.random.default_rng(0))
    assert sample.full == (6, 4, 1)
    drawn = [np.concatenate(chunk, axis=1) for chunk in sample.weights(30, np.random.default_rng(2))]
    positions = np.concatenate([one.positions for one in sample.classes])
    times = np.concatenate(drawn) / weights[positions]
    for one in np.unique(codes):
        of_cluster = times[:, codes[positions] == one]
        assert (of_cluster == of_cluster[:, :1]).all()
    first = [times[:, codes[positions] == one][:, 0] for one in range(6)]
    assert (np.sum(first, axis=0) == 6).all()


def test_clusters_in_any_order_and_by_any_name() -> None:
    codes, weights = np.arange(50) // 4, 1.0 + np.arange(50) % 2
    metric = [bootstrap.Term(bootstrap.named("brier"))]
    found = [
        bootstrap.of_terms(LABELS, SCORES, None, metric, groups=Groups(one, scale * weights)).values.std()
        for one, scale in ((codes, 1.0), (1000 + 7 * codes, 1.0), (codes, 8.0))
    ]
    assert found == pytest.approx([found[0]] * 3, rel=1e-9)


def test_weights_are_in_the_measured_value() -> None:
    groups = Groups(np.arange(50), np.where(np.arange(50) % 2, 3.0, 1.0))
    metric = [bootstrap.Term(bootstrap.named("brier"))]
    found = bootstrap.of_terms(LABELS, SCORES, None, metric, groups=groups)
    assert found.estimate == pytest.approx(np.average((SCORES - LABELS) ** 2, weights=groups.weights))


def test_rows_without_weight_are_no_rows() -> None:
    groups = Groups(np.arange(50), np.where(np.arange(50) < 40, 1.0, 0.0))
    assert cluster_resampling.independent_rows(groups, LABELS) == Among(10, 10.0, 10, 0.1)
    metric = [bootstrap.Term(bootstrap.named("brier"))]
    found = bootstrap.of_terms(LABELS, SCORES, None, metric, groups=groups)
    assert found.estimate == pytest.approx(np.mean((SCORES - LABELS)[:40] ** 2))


def test_alike_rows_spread_as_their_clusters_do() -> None:
    rng = np.random.default_rng(8)
    score = rng.random(60)
    labels = rng.random(60) < score
    metric = [bootstrap.Term(bootstrap.named("brier"))]
    single = bootstrap.of_terms(labels, score, None, metric, groups=Groups(np.arange(60), np.ones(60)))
    copies = np.repeat(np.arange(60), 8)
    alike = bootstrap.of_terms(labels[copies], score[copies], None, metric, groups=Groups(copies, np.ones(480)))
    blind = bootstrap.of_terms(labels[copies], score[copies], None, metric)
    assert alike.values.std() == pytest.approx(single.values.std(), rel=0.1)
    assert blind.values.std() < 0.5 * alike.values.std()


def test_large_holdouts_stand_in_a_bag_of_clusters() -> None:
    rng = np.random.default_rng(8)
    rows = 3 * resampling.BAG
    labels, codes = rng.random(rows) < 0.3, np.arange(rows) // 3
    sample = cluster_resampling.take(labels, rng.random(rows), Groups(codes, np.ones(rows)), rng)
    assert sum(sample.full) == len(np.unique(codes))
    assert sum(len(one.positions) for one in sample.classes) == pytest.approx(2 * resampling.BAG, rel=0.02)
    weights = sample.measured()
    assert sum(one.sum() for one in weights) == pytest.approx(rows, rel=0.02)
    drawn = next(sample.weights(1, rng))
    assert sum(one.sum() for one in drawn) == pytest.approx(rows, rel=0.02)


@pytest.mark.parametrize(("e", "n", "alpha", "expected"), [(15, 450, 0.05, 1.104867), (20, 200, 0.01, 1.108177)])
def test_resamples_of_few_clusters_are_widened(e: float, n: float, alpha: float, expected: float) -> None:
    found = replicates.Replicates(0.5, np.array([0.4, 0.5, 0.7]))
    wide = replicates.widened(found, e, n, alpha)
    assert (wide.values - 0.5).tolist() == pytest.approx([-0.1 * expected, 0.0, 0.2 * expected], abs=6e-7)
    assert replicates.widened(found, n, n, alpha).values.tolist() == found.values.tolist()


def test_one_independent_row_has_no_bound() -> None:
    found = replicates.widened(replicates.Replicates(0.5, np.array([0.4, 0.5, 0.7])), 1.0, 450, 0.05)
    judged = replicates.at_most(found, 0.9, 0.05)
    assert (judged.outcome, judged.reason) == ("inconclusive", "all rows count as one: nothing tells how it spreads")
