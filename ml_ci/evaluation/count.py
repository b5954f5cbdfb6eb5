"""Count decisions against labels, of candidate and baseline at once, on all rows and on every slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.slices import Slices
from ml_ci.frozen import dataclass

CELLS = 8
BINS = 1 << 16  # of one joint count: what 16 bits hold, and a processor's cache too


@dataclass(frozen=True)
class Cells:
    """Count rows by label, the candidate's decision and the baseline's: `n[4 * y + 2 * candidate + baseline]`."""

    n: tuple[int, ...] = (0,) * CELLS

    @property
    def candidate(self) -> Confusion:
        tn, fp, fn, tp = (self.n[place] + self.n[place + 1] for place in (0, 2, 4, 6))
        return Confusion(tp, fp, tn, fn)

    @property
    def baseline(self) -> Confusion:
        tn, fp, fn, tp = (self.n[place] + self.n[place + 2] for place in (0, 1, 4, 5))
        return Confusion(tp, fp, tn, fn)

    @property
    def paired(self) -> Paired:
        n = self.n
        return Paired(PairedErrors(n[3], n[2], n[1], n[0]), PairedErrors(n[4], n[5], n[6], n[7]))


@dataclass(frozen=True)
class Counts:
    """Hold the cells of all rows, and of each slice: by slice column(s), then by value."""

    all: Cells
    slices: Mapping[str, Mapping[str, Cells]] = field(default_factory=dict)


def count(
    y_true: NDArray[np.bool_],
    candidate: NDArray[np.bool_],
    baseline: NDArray[np.bool_] | None = None,
    slices: Sequence[Slices] = (),
) -> Counts:
    """Count rows, all arrays being of shape (rows,); without a baseline its decisions count as negative.

    Slices are counted several columns at a time: one joint count over as many integer codes as 16 bits hold.
    """
    outcome = make_outcome(y_true, candidate, baseline)
    found: dict[str, Mapping[str, Cells]] = {}
    total: NDArray[np.int64] | None = None
    for group in _groups(slices):
        table = _joint(outcome, group)
        total = table.reshape(-1, CELLS).sum(axis=0)
        found.update(_margins(table, group))
    if total is None:
        total = np.bincount(outcome, minlength=CELLS)
    return Counts(_cells(total), {one.name: found[one.name] for one in slices})


def make_outcome(
    y_true: NDArray[np.bool_], candidate: NDArray[np.bool_], baseline: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """Give the cell of each row, of shape (rows,): `4 * label + 2 * candidate + baseline`; no baseline counts as 0."""
    outcome = np.ascontiguousarray(y_true).view(np.uint8) * np.uint8(2)
    outcome += np.ascontiguousarray(candidate).view(np.uint8)
    outcome += outcome
    if baseline is not None:
        outcome += np.ascontiguousarray(baseline).view(np.uint8)
    return outcome


def _groups(slices: Sequence[Slices]) -> Iterator[list[Slices]]:
    """Share the slices out so that each group's values, multiplied, fit one joint count; large ones come first."""
    rest = sorted(slices, key=lambda one: -len(one.values))
    while rest:
        group, bins, left = [rest[0]], CELLS * len(rest[0].values), []
        for one in rest[1:]:
            if bins * len(one.values) <= BINS:
                group.append(one)
                bins *= len(one.values)
            else:
                left.append(one)
        yield group
        rest = left


def _joint(outcome: NDArray[np.uint8], group: Sequence[Slices]) -> NDArray[np.int64]:
    shape = [len(one.values) for one in group]
    bins = CELLS * int(np.prod(shape))
    key: NDArray[Any] = group[0].codes.astype(np.uint16 if bins <= BINS else np.int64)
    for one in group[1:]:
        np.multiply(key, key.dtype.type(len(one.values)), out=key)
        np.add(key, one.codes, out=key, casting="unsafe")
    np.multiply(key, key.dtype.type(CELLS), out=key)
    np.add(key, outcome, out=key)
    return np.bincount(key, minlength=bins).reshape(*shape, CELLS)


def _margins(table: NDArray[np.int64], group: Sequence[Slices]) -> Iterator[tuple[str, Mapping[str, Cells]]]:
    axes = range(len(group))
    for axis, one in enumerate(group):
        rows: NDArray[Any] = table.sum(axis=tuple(other for other in axes if other != axis))
        yield one.name, {value: _cells(row) for value, row in zip(one.values, rows, strict=True)}


def _cells(row: NDArray[Any]) -> Cells:
    return Cells(tuple(int(number) for number in row))
