"""What is kept of the clusters of a holdout: rows of one customer, patient or session are no independent evidence.

Every statistic of a gate needs no more than the second moments of the eight cells over the clusters, so the clusters
themselves are never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NONE = (0.0,) * 8

# The cells of each class, and all of them.
NEGATIVES = frozenset({0, 1, 2, 3})
POSITIVES = frozenset({4, 5, 6, 7})
ALL = NEGATIVES | POSITIVES


@dataclass(frozen=True, slots=True)
class Weighted:
    """The four counts of one model on one set of rows, each row counted as often as it weighs."""

    tp: float = 0.0
    fp: float = 0.0
    tn: float = 0.0
    fn: float = 0.0

    @property
    def rows(self) -> float:
        """The rows of the population that these stand for."""
        return self.tp + self.fp + self.tn + self.fn

    @property
    def positives(self) -> float:
        """Those of them whose label is positive."""
        return self.tp + self.fn

    @property
    def negatives(self) -> float:
        """Those of them whose label is negative."""
        return self.tn + self.fp

    @property
    def fpr(self) -> float | None:
        """FP / (FP + TN); None without negatives."""
        return self.fp / self.negatives if self.negatives else None

    @property
    def fnr(self) -> float | None:
        """FN / (FN + TP); None without positives."""
        return self.fn / self.positives if self.positives else None


@dataclass(frozen=True, slots=True)
class Moments:
    """The cells of one set of rows, summed over its clusters, and their second moments.

    A cell is a label with both decisions, in the order of `count.Cells`: `4 * label + 2 * candidate + baseline`. `rows`
    (8,) counts rows of a weight above 0, `totals` (8,) sums their weights, `products` (8, 8) sums v v' over the
    clusters, v being a cluster's `totals`. `clusters` counts those that have rows among the negatives, among the
    positives, and at all; `largest` is the heaviest cluster's weight among the same three, `flagged` among the rows
    that the candidate decides as negative and as positive (None: not counted). The rows of `Clusters.known` are
    clusters of their own, `known` tells how many there are among negatives, positives and all. `distinct` holds the
    different v with their number, which evidence at any time needs; None where they were not kept.

    In slices by all of `Clusters.columns` (and maybe others) a question is about that one cluster: there each row is a
    cluster of its own.
    """

    rows: tuple[int, ...] = (0,) * 8
    totals: tuple[float, ...] = NONE
    products: tuple[tuple[float, ...], ...] = (NONE,) * 8
    clusters: tuple[int, int, int] = (0, 0, 0)
    largest: tuple[float, float, float] = (0.0, 0.0, 0.0)
    flagged: tuple[float, float] | None = None
    known: tuple[int, int, int] = (0, 0, 0)
    distinct: tuple[tuple[tuple[float, ...], int], ...] | None = None

    @property
    def candidate(self) -> Weighted:
        """The candidate's counts, weighted."""
        tn, fp, fn, tp = (self.totals[place] + self.totals[place + 1] for place in (0, 2, 4, 6))
        return Weighted(tp, fp, tn, fn)

    @property
    def baseline(self) -> Weighted:
        """The baseline's counts, weighted."""
        tn, fp, fn, tp = (self.totals[place] + self.totals[place + 2] for place in (0, 1, 4, 5))
        return Weighted(tp, fp, tn, fn)


@dataclass(frozen=True, slots=True)
class Clusters:
    """The moments of all rows and of each slice (by slice column(s), then by value), and what they are by.

    `columns` are those whose equal values make rows one cluster, () where each row is its own; `known` are the
    clusters whose rows stand for themselves; `weight` is the column of weights, None where every row counts as one.
    With a weight, `weighed` names the metrics of `Evaluation.metrics` that were measured with it: no gate goes by
    another one. `repeats` is how many answers were counted of each row: where no columns are, those are a cluster.
    """

    columns: tuple[str, ...]
    all: Moments
    slices: Mapping[str, Mapping[str, Moments]] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    weight: str | None = None
    weighed: tuple[str, ...] = ()
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Sketch:
    """Know which clusters a holdout has, and how much of each, so that it is seen where a known one grew.

    `weights` are those of the 4,096 clusters with the smallest hashes, by hash: a random sample of the clusters that
    is the same wherever a cluster occurs. `largest` is as in `Moments`, `clusters` counts all of them.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    largest: tuple[float, float, float] = (0.0, 0.0, 0.0)
    clusters: int = 0
