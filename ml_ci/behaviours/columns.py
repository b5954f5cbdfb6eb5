"""The columns of a holdout, each as its distinct values and where they stand."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Cell
from ml_ci.frozen import dataclass
from ml_ci.tables.canonical import canonical
from ml_ci.tables.spelling import MISSING, NUMBER, WHOLE

if TYPE_CHECKING:
    from ml_ci.tables.table import Table

Kind: TypeAlias = Literal["number", "truth", "text"]
_NUMBER, _WHOLE = re.compile(NUMBER, re.ASCII), re.compile(WHOLE, re.ASCII)
_LONG = 18  # digits beyond which readers of a text keep no whole number


@dataclass(frozen=True, eq=False)
class Column:
    """Hold a column: `codes`, int32 of shape (rows,), give each row's place in `values`, its distinct trimmed texts.

    `cells` are the same values as a job's reader has them: numbers, truths, texts, None where one is missing.
    """

    name: str
    kind: Kind
    codes: NDArray[np.int32]
    values: tuple[str, ...]
    cells: tuple[Cell, ...]

    @classmethod
    def of(
        cls, name: str, codes: NDArray[np.int32], values: Sequence[str], *, typed: bool = False, text: bool = False
    ) -> Column:
        """Make a column of distinct texts, which are typed by what they all look like; "" is missing.

        `typed` says that the file has types: then the words that a reader of text takes for missing are texts like
        others, and what is `text` is no number, whatever it looks like.
        """
        absent = {""} if typed else {"", *MISSING}
        there = [value for value in values if value not in absent]
        kind: Kind = "text" if text or not there else _kind(there)
        whole = kind == "number" and all(_WHOLE.fullmatch(value) and len(value) <= _LONG for value in there)
        cells = tuple(None if value in absent else _cell(value, kind, whole) for value in values)
        return cls(name, kind, codes, tuple(values), cells)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many rows have each value, int64 of shape (values,)."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)

    @cached_property
    def held_by(self) -> Mapping[Cell, int]:
        """How many rows have a value, by its cell; cells that are equal count together."""
        found: dict[Cell, int] = {}
        for cell, count in zip(self.cells, self.counts.tolist(), strict=True):
            found[key(cell)] = found.get(key(cell), 0) + count
        return found

    @cached_property
    def numbers(self) -> tuple[int | float, ...]:
        """The distinct finite numbers of a column of numbers, ascending."""
        cells = self.cells if self.kind == "number" else ()
        return tuple(sorted({one for one in cells if isinstance(one, int | float) and math.isfinite(one)}))

    @cached_property
    def present(self) -> tuple[Cell, ...]:
        """The distinct values that are there, the most frequent first; of one frequency in the order of their texts."""
        places = sorted(range(len(self.values)), key=lambda place: (-int(self.counts[place]), self.values[place]))
        found = {key(self.cells[place]): self.cells[place] for place in places}
        return tuple(cell for cell in found.values() if cell is not None)

    @cached_property
    def place_of(self) -> Mapping[Cell, int]:
        """The places in `present`, by the key of a value."""
        return {key(cell): place for place, cell in enumerate(self.present)}

    @cached_property
    def whole(self) -> bool:
        """Whether it is a column of whole numbers."""
        return self.kind == "number" and all(isinstance(one, int | None) for one in self.cells)

    @cached_property
    def typical(self) -> Cell:
        """The median of numbers (the lower of two), the most frequent of other values; None where most have none."""
        if self.kind != "number":
            return max(self.cells, key=lambda one: (self.held_by[key(one)], str(one)), default=None)
        held = [self.held_by[key(one)] for one in self.numbers]
        if not held or 2 * sum(held) < len(self.codes):
            return None
        half = int(np.searchsorted(np.cumsum(held), (sum(held) + 1) // 2))
        return self.numbers[half]

    def __repr__(self) -> str:
        """Name it without its values: a traceback is no place for them."""
        return f"<column {self.name}: {self.kind}, {len(self.values):,} values>"

    def cell(self, row: int) -> Cell:
        """Give the value of a row."""
        return self.cells[int(self.codes[row])]


@dataclass(frozen=True, eq=False)
class Columns:
    """Hold the columns of a holdout that a model may be given, by name: the label is none of them."""

    columns: Mapping[str, Column]
    rows: int

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """A hash of each row's content, uint64 of shape (rows,): of its values, not of its place or their spelling."""
        total = np.zeros(self.rows, np.uint64)
        for column in self.columns.values():
            total += np.array([hashed(column.name, text) for text in column.values], np.uint64)[column.codes]
        return mix(total)

    def __repr__(self) -> str:
        return f"<{self.rows:,} rows, {len(self.columns):,} columns>"

    def row(self, number: int) -> dict[str, Cell]:
        """Give a row's values by column."""
        return {name: column.cell(number) for name, column in self.columns.items()}


def read_columns(table: Table, without: Collection[str] = ()) -> Columns:
    """Read a table's columns but some, such as the label."""
    found = {}
    for name, kind in zip(table.names, table.types, strict=True):
        if name not in without:
            codes, values = table.codes([name])
            typed = table.layout.parquet
            texts = [value for (value,) in values]
            found[name] = Column.of(
                name, codes, texts, typed=typed, text=typed and kind.startswith(("VARCHAR", "ENUM"))
            )
    return Columns(found, table.rows)


def key(cell: Cell) -> Cell:
    """Give what is the same for cells that are: True is not 1, and 1 is 1.0."""
    return str(cell).lower() if isinstance(cell, bool) else cell


def hashed(*parts: object) -> int:
    """Give a hash in 64 bits of some values, the same on every machine: 1 and 1.0 are one."""
    text = "\x1f".join(canonical(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def mix(values: NDArray[np.uint64], salt: int = 0) -> NDArray[np.uint64]:
    """Mix the bits of each number (splitmix64), so that near ones, and sums, are far apart."""
    mixed: NDArray[np.uint64] = values + np.uint64((0x9E3779B97F4A7C15 * (salt + 1)) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _kind(texts: Sequence[str]) -> Kind:
    if all(_NUMBER.fullmatch(text) for text in texts):
        return "number"
    return "truth" if all(text.lower() in ("true", "false") for text in texts) else "text"


def _cell(text: str, kind: Kind, whole: bool) -> Cell:
    if kind == "number":
        return int(text) if whole else float(text)
    return text.lower() == "true" if kind == "truth" else text
