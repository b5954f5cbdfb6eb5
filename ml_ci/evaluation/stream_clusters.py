"""Count the clusters of a holdout that is larger than memory, with the result of `count_clusters`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.comparison import holds
from ml_ci.evaluation.count import CELLS, Counts
from ml_ci.evaluation.grouping import known_sql, refuse_unfit
from ml_ci.evaluation.labels import classes_of
from ml_ci.evaluation.packing import MOST_DISTINCT
from ml_ci.evaluation.slices import MISSING, bin_names, slice_name
from ml_ci.evaluation.stream import MEMORY, bin_sql, join_sides
from ml_ci.frozen import dataclass
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import ModelSpec, SliceSpec
from ml_ci.tables.duck import connect, literal, select, trim
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import Table

_PAIRS = tuple(combinations_with_replacement(range(CELLS), 2))
_CLASSES = (tuple(range(4)), tuple(range(4, 8)), tuple(range(8)))
_NOTHING = Moments(flagged=(0.0, 0.0))
_DECISIONS = ((0, 1, 4, 5), (2, 3, 6, 7))


def stream_clusters(
    holdout: Table,
    model: ModelSpec,
    specs: Sequence[SliceSpec],
    counts: Counts,
    candidate: Path,
    baseline: Path | None = None,
    *,
    memory: int = MEMORY,
) -> Clusters | None:
    """Give the moments of all rows and of each slice, as `stream` gives `counts` of them; None where nobody asks.

    Takes about `memory` bytes and the disk's room for the clusters. UserError for what `refuse_unfit` refuses.
    """
    clustering = model.clustering or ClusterSpec()
    if not clustering.columns and model.weight is None:
        return None
    refuse_unfit(holdout, model)
    query = _Query(holdout, model, clustering, candidate, baseline, memory)
    slices: dict[str, Mapping[str, Moments]] = {}
    for spec in specs:
        found = query.count(spec)
        slices[spec.name] = {name: found.get(name, _NOTHING) for name in counts.slices[spec.name]}
    whole = query.count(None).get("", _NOTHING)
    return Clusters(clustering.columns, whole, slices, tuple(map(str, clustering.known)), model.weight)


@dataclass(frozen=True)
class _Query:
    """Ask for the moments of one holdout."""

    holdout: Table
    model: ModelSpec
    clustering: ClusterSpec
    candidate: Path
    baseline: Path | None
    memory: int = field(default=MEMORY)

    def count(self, spec: SliceSpec | None) -> dict[str, Moments]:
        """Count by slice, or all rows under the name ""."""
        keys = [] if spec is None else _slice_keys(self.holdout, spec)
        names = [f"s{place}" for place in range(len(keys))]
        clusters = self._clusters(keys, self._is_alone(spec))
        grouped = f"GROUP BY {', '.join(names)}" if names else "HAVING count(*) > 0"
        with connect(self.memory, shown=self.holdout.shown) as connection:
            sums = connection.execute(select(", ".join([*names, *_sums()]), clusters, grouped)).fetchall()
            kept = connection.execute(_distinct(names, clusters)).fetchall() if self.model.asks_proof else []
        different: dict[str, list[Any]] = {}
        for row in kept:
            found = different.setdefault(_name(spec, row[: len(names)]), [])
            found.append((tuple(map(float, row[len(names) : -1])), int(row[-1])))
        named = {_name(spec, row[: len(names)]): row[len(names) :] for row in sums}
        return {name: _moments(row, different.get(name)) for name, row in named.items()}

    def _is_alone(self, spec: SliceSpec | None) -> bool:
        """Say whether each row is a cluster of its own: where nobody says otherwise, and in slices by the clusters."""
        columns = self.clustering.columns
        return not columns or (spec is not None and spec.edges is None and set(columns) <= set(spec.columns))

    def _clusters(self, keys: Sequence[str], alone: bool) -> str:
        """Write the SQL of the clusters of each slice: what each weighs by cell, and how many rows that are."""
        names = [f"s{place}" for place in range(len(keys))]
        own = [f"k{place}" for place in range(len(self.clustering.columns))]
        rows = f"({select('*, 4 * y::INTEGER + 2 * c::INTEGER + b::INTEGER AS cell', self._rows(keys))})"
        if alone:
            cells = [f"CASE WHEN cell = {cell} THEN w ELSE 0 END AS v{cell}" for cell in range(CELLS)]
            number = [f"(cell = {cell})::BIGINT AS r{cell}" for cell in range(CELLS)]
            return f"({select(', '.join([*names, 'known', *cells, *number]), rows, 'WHERE w > 0')})"
        cells = [f"coalesce(sum(w) FILTER (WHERE cell = {cell}), 0) AS v{cell}" for cell in range(CELLS)]
        number = [f"count(*) FILTER (WHERE cell = {cell}) AS r{cell}" for cell in range(CELLS)]
        by = [*names, *own, "known", "CASE WHEN known THEN place END"]
        what = ", ".join([*names, "known", *cells, *number])
        return f"({select(what, rows, 'WHERE w > 0 GROUP BY ' + ', '.join(by))})"

    def _rows(self, keys: Sequence[str]) -> str:
        """Write the SQL of the rows: their class, both decisions, their slice, their cluster, their weight."""
        holdout, columns = self.holdout, self.clustering.columns
        source, values = spell(holdout, columns, words=False) if columns else (holdout.source, [])
        known = known_sql(holdout, self.clustering) if self.clustering.known else "false"
        weight = "1::DOUBLE" if self.model.weight is None else holdout.number_sql(self.model.weight)
        what = [
            f"coalesce({self._label()}, false) AS y",
            f"{weight} AS w",
            f"{known} AS known",
            *(f"{value} AS k{place}" for place, value in enumerate(values)),
            *(f"{key} AS s{place}" for place, key in enumerate(keys)),
        ]
        numbered = "*, row_number() OVER () AS place" if self.clustering.known else "*, 0 AS place"
        return f"({select(numbered, join_sides(select(', '.join(what), source), self.candidate, self.baseline))})"

    def _label(self) -> str:
        model, holdout = self.model, self.holdout
        if model.positive.comparison is not None:
            return holds(holdout, model.label, model.positive.comparison)
        counts = holdout.counts(model.label)
        classes = classes_of(counts, model.positive)
        texts = [text for text in counts if classes.names[text] in classes.positive]
        return " OR ".join(f"{trim(holdout.sql(model.label))} = {literal(text)}" for text in texts) or "false"


def _distinct(names: Sequence[str], clusters: str) -> str:
    """Write the query of the different clusters of each slice with their number, where they are not too many."""
    values = [*names, *(f"v{cell}" for cell in range(CELLS))]
    part = f"PARTITION BY {', '.join(names)}" if names else ""
    few = f"QUALIFY count(*) OVER ({part}) <= {MOST_DISTINCT}"
    return select(", ".join([*values, "count(*)"]), clusters, f"GROUP BY {', '.join(values)} {few}")


def _slice_keys(holdout: Table, spec: SliceSpec) -> list[str]:
    """Write the SQL of what tells the slices apart: trimmed texts, or the number of the bin."""
    if spec.edges is not None:
        return [bin_sql(holdout, spec.columns[0], spec.edges)]
    return [f"coalesce(nullif({trim(holdout.sql(column))}, ''), {literal(MISSING)})" for column in spec.columns]


def _name(spec: SliceSpec | None, values: Sequence[Any]) -> str:
    if spec is None:
        return ""
    return slice_name([str(one) for one in values]) if spec.edges is None else bin_names(spec.edges)[int(values[0])]


def _sums() -> Iterator[str]:
    yield from (f"sum(r{cell})" for cell in range(CELLS))
    yield from (f"sum(v{cell})" for cell in range(CELLS))
    yield from (f"sum(v{one} * v{other})" for one, other in _PAIRS)
    yield from (f"count_if({_plus(cells)} > 0)" for cells in _CLASSES)
    yield from (f"count_if(known AND {_plus(cells)} > 0)" for cells in _CLASSES)
    yield from (f"max({_plus(cells)})" for cells in (*_CLASSES, *_DECISIONS))


def _plus(cells: Sequence[int]) -> str:
    return f"({' + '.join(f'v{cell}' for cell in cells)})"


def _moments(row: Sequence[Any], distinct: list[Any] | None) -> Moments:
    found = iter(row)

    def take(number: int) -> list[Any]:
        return [next(found) for _ in range(number)]

    rows, totals, products = take(CELLS), take(CELLS), np.zeros((CELLS, CELLS))
    for (one, other), value in zip(_PAIRS, take(len(_PAIRS)), strict=True):
        products[one, other] = products[other, one] = value
    clusters, known, largest, flagged = take(3), take(3), take(3), take(2)
    return Moments(
        tuple(map(int, rows)),
        tuple(map(float, totals)),
        tuple(tuple(one) for one in products.tolist()),
        (int(clusters[0]), int(clusters[1]), int(clusters[2])),
        (float(largest[0]), float(largest[1]), float(largest[2])),
        (float(flagged[0]), float(flagged[1])),
        (int(known[0]), int(known[1]), int(known[2])),
        None if distinct is None else tuple(sorted(distinct)),
    )
