"""The slices of the holdout: for each row, which value of a column it has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec, SliceSpec
from ml_ci.tables.table import Table

MISSING = "(missing)"
MOST = 1_000


@dataclass(frozen=True, eq=False)
class Slices:
    """Slice rows by one column, or by two: `codes` (of the smallest unsigned type) gives the place in `values`."""

    name: str
    codes: NDArray[Any]
    values: tuple[str, ...]


def specs_of(model: ModelSpec) -> tuple[SliceSpec, ...]:
    """Give every slice of a model: `slices:`, and the `by=` of its gates where they name others."""
    named = {spec.columns: spec for spec in model.slices}
    for gate in model.gates:
        for columns in sorted(gate.condition.columns):
            named.setdefault(columns, SliceSpec(columns))
    return tuple(named.values())


def read_slices(table: Table, spec: SliceSpec) -> Slices:
    """Give the slices by the values of one or two columns as text, or by the bins of a numeric one.

    A missing value is the slice `(missing)`. Two columns join as `Male,White`. Only values and bins that occur are
    slices. UserError for an unknown column, more than 1,000 values, and text in a column that `edges` cut.
    """
    if spec.edges is not None:
        codes, names = _bins(table.numbers(spec.columns[0]), spec.edges)
        return _compact(spec.name, codes, names)
    found, values = table.codes(spec.columns)
    refuse_too_many(len(values), spec, table)
    return _compact(spec.name, found, [slice_name(value) for value in values])


def slice_name(values: Sequence[str]) -> str:
    """Name a slice by its trimmed values, one for each column; a value with a comma is quoted where there are two."""
    named = [value or MISSING for value in values]
    if len(named) == 1:
        return named[0]
    return ",".join(f'"{name}"' if "," in name else name for name in named)


def bin_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Name the bins that `edges` cut, in order, the last being the missing values."""
    texts = [f"{edge:.12g}" for edge in edges]
    between = [f"[{low}, {high})" for low, high in pairwise(texts)]
    return (f"<{texts[0]}", *between, f">={texts[-1]}", MISSING)


def in_order(names: Sequence[str]) -> list[str]:
    """Sort the names of slices: numbers by value, then text, `(missing)` last."""
    return sorted(set(names), key=_place)


def refuse_too_many(values: int, spec: SliceSpec, table: Table) -> None:
    """Raise UserError when a column has too many values to be slices."""
    if values > MOST:
        raise UserError(
            f"{table.shown}: column {spec.name!r} has {values:,} different values, more than {MOST:,}: is this an id?",
            hint="Slice by another column, or cut a numeric one into bins: `slices: [{age: [18, 30, 50]}]`.",
        )


def _place(name: str) -> tuple[int, float, str]:
    if name == MISSING:
        return 2, 0.0, name
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def _bins(numbers: NDArray[np.float64], edges: Sequence[float]) -> tuple[NDArray[Any], Sequence[str]]:
    names = bin_names(edges)
    codes = np.digitize(numbers, np.asarray(edges, np.float64))
    codes[np.isnan(numbers)] = len(names) - 1
    return codes, names


def _compact(name: str, codes: NDArray[Any], names: Sequence[str]) -> Slices:
    """Keep the slices that occur, in order, and code them in the smallest type."""
    occurring = np.bincount(codes, minlength=len(names)) > 0
    kept = [text for text, there in zip(names, occurring, strict=True) if there]
    values = list(dict.fromkeys(kept)) if names and names[-1] == MISSING and len(names) > 1 else in_order(kept)
    place = {text: position for position, text in enumerate(values)}
    smallest = np.min_scalar_type(max(len(values) - 1, 0))
    lookup = np.array([place.get(text, 0) for text in names], smallest)
    return Slices(name, lookup[codes], tuple(values))
