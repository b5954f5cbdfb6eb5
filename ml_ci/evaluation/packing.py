"""Count the clusters of many slices: the eight cells of a cluster in one number, and like clusters once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Moments
from ml_ci.evaluation.count import CELLS
from ml_ci.evaluation.slices import Slices
from ml_ci.frozen import dataclass

NIBBLE, BYTE = 15, 255  # the most rows of one cluster in one cell, in a number of 32 and of 64 bits
MOST_GROUPS = 1 << 23  # clusters times values of a slice: 64 MB
MOST_DISTINCT = 4096  # different clusters that are kept
EXACT = 1 << 24  # a float32 holds every whole number up to here
_BLOCK = 2048  # clusters whose squares are summed at once
_SLOTS = 16  # bits of a number's slot: like numbers share one
_SPREAD = {4: 0x9E3779B9, 8: 0x9E3779B97F4A7C15}  # by bytes, 2^32 and 2^64 over the golden ratio: Knuth 1998, 6.4


@dataclass(frozen=True, eq=False)
class Part:
    """The different clusters of one set of rows: what each weighs by cell (different, 8), and by two (4, different).

    Pairs of cells are a class with the candidate's decision. `number` says how many clusters are like each, None: it
    is one. `known` are the clusters that are rows of a known one: with negatives, with positives, all.
    """

    table: NDArray[Any]
    pairs: NDArray[Any]
    known: tuple[int, int, int] = (0, 0, 0)
    number: NDArray[np.int64] | None = None

    def moments(self, rows: Sequence[int], totals: Sequence[float] | NDArray[Any], distinct: bool) -> Moments:
        """Give the moments; `rows` and `totals` are by cell. With `distinct` the different clusters are kept."""
        by_class, by_decision = _by_class(self.pairs), self.pairs[:2] + self.pairs[2:]
        negative, positive, whole = _count(by_class != 0, self.number)
        largest_negative, largest_positive, largest = by_class.max(axis=1, initial=0.0).tolist()
        largest_kept, largest_flagged = by_decision.max(axis=1, initial=0.0).tolist()
        return Moments(
            tuple(int(number) for number in rows),
            tuple(float(total) for total in totals),
            tuple(tuple(row) for row in _square(self.table, self.number).tolist()),
            (negative, positive, whole),
            (float(largest_negative), float(largest_positive), float(largest)),
            (float(largest_kept), float(largest_flagged)),
            self.known,
            find_distinct(self.table, self.number) if distinct else None,
        )


def _by_class(pairs: NDArray[Any]) -> NDArray[Any]:
    """Give what each cluster weighs in negatives, in positives, and in both, (3, clusters)."""
    negatives, positives = pairs[0] + pairs[1], pairs[2] + pairs[3]
    return np.stack([negatives, positives, negatives + positives])


def _count(are: NDArray[np.bool_], number: NDArray[np.int64] | None) -> tuple[int, int, int]:
    """Count the clusters of each of three kinds, (3, clusters)."""
    a, b, c = (np.count_nonzero(are, axis=1) if number is None else are @ number).tolist()
    return a, b, c


def count_known(pairs: NDArray[Any], known: NDArray[np.bool_] | None) -> tuple[int, int, int]:
    """Count the clusters that are rows of a known one: with negatives, with positives, all."""
    if known is None or not known.any():
        return 0, 0, 0
    return _count(_by_class(pairs[:, known]) != 0, None)


def _square(table: NDArray[Any], number: NDArray[np.int64] | None) -> NDArray[np.float64]:
    """Sum v v' over the rows of a table of clusters, each as often as `number` says, (8, 8).

    Block by block: for a whole table BLAS starts threads that wait in a loop, and that costs more than the sums.
    """
    if number is not None:
        often, sums = table * number[:, np.newaxis], np.zeros((CELLS, CELLS))
        for start in range(0, len(table), _BLOCK):
            sums += table[start : start + _BLOCK].T @ often[start : start + _BLOCK]
        return sums
    whole = len(table) // _BLOCK * _BLOCK
    blocks, rest = table[:whole].reshape(-1, _BLOCK, CELLS), table[whole:]
    sums = np.matmul(blocks.transpose(0, 2, 1), blocks).sum(axis=0, dtype=np.float64)
    return np.asarray(sums + rest.T @ rest, np.float64)


def add_pairs(table: NDArray[Any]) -> NDArray[Any]:
    """Add up the cells of each cluster (clusters, 8) that are a class with the candidate's decision, (4, clusters)."""
    return np.ascontiguousarray((table[:, 0::2] + table[:, 1::2]).T)


def find_distinct(
    table: NDArray[Any], number: NDArray[np.int64] | None = None
) -> tuple[tuple[tuple[float, ...], int], ...] | None:
    """Give the different rows of a table of clusters with their number, sorted; None for none, and for too many.

    With `number`, which says how often, the rows differ already.
    """
    filled = table.any(axis=1)
    found = table[filled].astype(np.float64)
    if number is None:
        found, often = _tell_rows_apart(found)
    else:
        often = number[filled]
    if not 0 < len(found) <= MOST_DISTINCT:
        return None
    return tuple(sorted((tuple(row), n) for row, n in zip(found.tolist(), often.tolist(), strict=True)))


def _tell_rows_apart(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    whole = table.astype(np.uint64)
    if not len(table) or not bool((whole == table).all()) or whole.max() > BYTE:
        return np.unique(table, axis=0, return_counts=True)
    words, number = np.unique(_pack_cells(whole), return_counts=True)  # many times faster than whole rows
    return _unpack(words, 8), number


def _pack_cells(table: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put the cells of each cluster (clusters, 8) in the bytes of one number."""
    return np.asarray(np.bitwise_or.reduce(table << (np.arange(CELLS, dtype=np.uint64) * np.uint64(8)), axis=1))


def _unpack(words: NDArray[Any], bits: int) -> NDArray[np.float64]:
    """Give the cells that numbers hold, (numbers, 8), a cell after the other in memory: that is how they are made."""
    shifts = np.arange(CELLS, dtype=words.dtype) * words.dtype.type(bits)
    cells = words >> shifts[:, np.newaxis]
    cells &= words.dtype.type((1 << bits) - 1)
    return np.asarray(cells.astype(np.float64).T)


def fits(most_rows: float, groups: int) -> bool:
    """Say whether clusters can be packed: `most_rows` is the largest cell of one, `groups` clusters times values."""
    return most_rows <= BYTE and groups <= MOST_GROUPS


class Packer:
    """Count slices of the same rows one after the other, in the same memory: fresh memory takes most of the time.

    Each cluster's rows with one value are one number. Most clusters are like many others, so each different number is
    looked at once.
    """

    def __init__(
        self, codes: NDArray[np.int64], number: int, outcome: NDArray[np.uint8], most_values: int, most_rows: float
    ) -> None:
        self._bits = 4 if most_rows <= NIBBLE else 8
        kind: type[Any] = np.uint32 if self._bits == 4 else np.uint64
        self._codes = codes.astype(np.int32)
        self._marks = (kind(1) << (np.arange(CELLS, dtype=kind) * kind(self._bits))).take(outcome)
        self._words, self._value = np.empty((most_values, number), kind), np.empty(len(codes), np.int32)
        self._known = _Known(number, kind)

    def count(self, of: Slices, known: NDArray[np.bool_] | None) -> Iterator[Part]:
        """Give the different clusters of each value, in order."""
        for words in self._pack(of):
            different, number = self._known.tell_apart(words)
            table = _unpack(different, self._bits)
            of_known = (0, 0, 0)
            if known is not None and known.any():
                own = add_pairs(_unpack(words[known], self._bits))
                of_known = count_known(own, np.ones(own.shape[1], np.bool_))
            yield Part(table, add_pairs(table), of_known, number)

    def _pack(self, of: Slices) -> NDArray[Any]:
        """Give a number for each value and cluster, (values, clusters): SciPy adds in one compiled loop."""
        from scipy.sparse import coo_array

        words = self._words[: len(of.values)]
        if not 0 <= of.codes.min(initial=0) <= of.codes.max(initial=0) < len(words):
            raise IndexError(f"{of.name}: a code is none of {len(words)} values")
        np.copyto(self._value, of.codes, casting="unsafe")
        table = coo_array(words.shape, dtype=words.dtype)
        table.row, table.col = self._value, self._codes  # not looked through for each column
        table.data = self._marks
        table.toarray(out=words)
        return words


class _Known:
    """Numbers that were met, each in its slot; 0 has the first.

    What finds its slot taken by another number is sorted each time.
    """

    def __init__(self, size: int, kind: type[Any]) -> None:
        self._kind, self._bits = kind, np.dtype(kind).itemsize * 8 - _SLOTS
        self._kept = np.zeros(1 << _SLOTS, kind)
        self._slots, self._found = np.empty(size, np.intp), np.empty(size, kind)

    def tell_apart(self, words: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Give the different ones of some numbers, of shape (size,), and how often each occurs."""
        np.multiply(words, self._kind(_SPREAD[words.itemsize]), out=self._found)
        np.right_shift(self._found, self._kind(self._bits), out=self._slots, casting="unsafe")
        np.take(self._kept, self._slots, out=self._found, mode="clip")
        others = self._learn(words, np.flatnonzero(self._found != words))
        number = np.bincount(self._slots, minlength=len(self._kept))
        np.subtract.at(number, self._slots[others], 1)
        slots = np.flatnonzero(number != 0)
        rest, often = np.unique(words[others], return_counts=True)
        return np.concatenate([self._kept[slots], rest]), np.concatenate([number[slots], often])

    def _learn(self, words: NDArray[Any], others: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give those that are not in their slot their slot where it is free; give the ones that got none."""
        slots, own = self._slots[others], words[others]
        is_free = (self._kept[slots] == 0) & (slots != 0)
        self._kept[slots[is_free]] = own[is_free]
        return np.asarray(others[self._kept[slots] != own])
