"""Count the clusters of many slices at once: the eight cells of a cluster in the eight bytes of one number."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Moments
from ml_ci.evaluation.count import CELLS
from ml_ci.evaluation.slices import Slices

BYTE = 255  # the most rows of one cluster in one cell
MOST_GROUPS = 1 << 23  # clusters times values of a slice: 64 MB
MOST_DISTINCT = 4096  # different clusters that are kept
EXACT = 1 << 24  # a float32 holds every whole number up to here
_BLOCK = 2048  # clusters whose squares are summed at once
_PAIRS = np.uint64(0x00FF00FF00FF00FF)


@dataclass(frozen=True, eq=False)
class Part:
    """The clusters of one set of rows: what each weighs by cell (clusters, 8), and by two cells (4, clusters).

    Pairs of cells are a class with the candidate's decision. `known` says which clusters are rows of a known one.
    """

    table: NDArray[Any]
    pairs: NDArray[Any]
    known: NDArray[np.bool_] | None = None

    def moments(self, rows: Sequence[int], totals: Sequence[float] | NDArray[Any], distinct: bool) -> Moments:
        """Give the moments; `rows` and `totals` are by cell. With `distinct` the different clusters are kept."""
        low, flagged_low, high, flagged_high = self.pairs
        each = (low + flagged_low, high + flagged_high, low + flagged_low + high + flagged_high)
        negative, positive, whole = (int(np.count_nonzero(one)) for one in each)
        largest_low, largest_high, largest = (_find_largest(one) for one in each)
        known = (0, 0, 0)
        if self.known is not None and self.known.any():
            a, b, c = (int(np.count_nonzero(one[self.known])) for one in each)
            known = (a, b, c)
        return Moments(
            tuple(int(number) for number in rows),
            tuple(float(total) for total in totals),
            tuple(tuple(row) for row in _square(self.table).tolist()),
            (negative, positive, whole),
            (largest_low, largest_high, largest),
            (_find_largest(low + high), _find_largest(flagged_low + flagged_high)),
            known,
            find_distinct(self.table) if distinct else None,
        )


def _square(table: NDArray[Any]) -> NDArray[np.float64]:
    """Sum v v' over the rows of a table of clusters, (8, 8).

    Block by block: for a whole table BLAS starts threads that wait in a loop, and that costs more than the sums.
    """
    whole = len(table) // _BLOCK * _BLOCK
    blocks, rest = table[:whole].reshape(-1, _BLOCK, CELLS), table[whole:]
    sums: NDArray[np.float64] = np.matmul(blocks.transpose(0, 2, 1), blocks).sum(axis=0, dtype=np.float64)
    return np.asarray(sums + rest.T @ rest, np.float64)


def _find_largest(weights: NDArray[Any]) -> float:
    return float(weights.max(initial=0))


def add_pairs(table: NDArray[Any]) -> NDArray[Any]:
    """Add up the cells of each cluster (clusters, 8) that are a class with the candidate's decision, (4, clusters)."""
    return np.ascontiguousarray((table[:, 0::2] + table[:, 1::2]).T)


def find_distinct(table: NDArray[Any]) -> tuple[tuple[tuple[float, ...], int], ...] | None:
    """Give the different rows of a table of clusters with their number, sorted; None for none, and for too many."""
    table = table[table.any(axis=1)]
    if not len(table):
        return None
    whole = table.astype(np.uint8)
    if bool((whole == table).all()) and sys.byteorder == "little":  # many times faster than whole rows
        values, number = np.unique(np.ascontiguousarray(whole).view(np.uint64), return_counts=True)
        if len(values) > MOST_DISTINCT:
            return None
        found: NDArray[Any] = values.view(np.uint8).reshape(-1, CELLS).astype(np.float64)
    else:
        found, number = np.unique(table.astype(np.float64), axis=0, return_counts=True)
        if len(found) > MOST_DISTINCT:
            return None
    return tuple(sorted((tuple(row), n) for row, n in zip(found.tolist(), number.tolist(), strict=True)))


def fits(most_rows: float, groups: int) -> bool:
    """Say whether clusters can be packed: `most_rows` is the largest cell of one, `groups` clusters times values."""
    return most_rows <= BYTE and groups <= MOST_GROUPS and sys.byteorder == "little"


class Packer:
    """Count slices of the same rows one after the other, in the same memory: fresh memory takes most of the time.

    What is made of a value of a slice is made just before it is used, in memory for one, which the processor still
    has at hand.
    """

    def __init__(self, codes: NDArray[np.int64], number: int, outcome: NDArray[np.uint8], most_values: int) -> None:
        self._codes, self._number = codes, number
        self._marks = (np.uint64(1) << (np.arange(CELLS, dtype=np.uint64) * 8))[outcome]
        self._group = np.empty(len(codes), np.int64)
        self._packed = np.empty(most_values * number, np.uint64)
        self._sums, self._high = np.empty(number, np.uint64), np.empty(number, np.uint64)
        self._table = np.empty((number, CELLS), np.float32)
        self._pairs = np.empty((CELLS // 2, number), np.uint16)

    def count(self, of: Slices, most_rows: int, known: NDArray[np.bool_] | None) -> Iterator[Part]:
        """Give the clusters of each value in order, each until the next is asked for; no value has more rows."""
        packed = self._pack(of, len(of.values) * self._number)
        is_small = int(packed.view(np.uint8).max(initial=0)) * most_rows < EXACT
        table: NDArray[Any] = self._table if is_small else np.empty(self._table.shape)
        for one in packed.reshape(len(of.values), self._number):
            np.copyto(table, one.view(np.uint8).reshape(-1, CELLS), casting="unsafe")
            yield Part(table, self._add_pairs(one), known)

    def _pack(self, of: Slices, size: int) -> NDArray[np.uint64]:
        np.multiply(of.codes, np.int64(self._number), out=self._group)
        self._group += self._codes
        packed = self._packed[:size]
        packed[:] = 0
        np.add.at(packed, self._group, self._marks)
        return packed

    def _add_pairs(self, packed: NDArray[np.uint64]) -> NDArray[np.uint16]:
        """Add up the bytes of each number two by two, (4, clusters)."""
        np.bitwise_and(packed, _PAIRS, out=self._sums)
        np.right_shift(packed, np.uint64(8), out=self._high)
        self._high &= _PAIRS
        self._sums += self._high
        np.copyto(self._pairs, self._sums.view(np.uint16).reshape(-1, CELLS // 2).T)
        return self._pairs
