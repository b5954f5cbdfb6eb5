"""Which rows of the holdout belong together, and for how many of the population each stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.evaluation.slices import specs_of
from ml_ci.frozen import dataclass
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import ModelSpec, Scalar
from ml_ci.tables.canonical import brief
from ml_ci.tables.duck import literal
from ml_ci.tables.pairing import keys
from ml_ci.tables.spelling import spell, spell_text
from ml_ci.tables.table import Table

# Beyond these, squares of weights are no numbers any more.
LEAST, MOST = 1e-15, 1e15


@dataclass(frozen=True, eq=False)
class Grouping:
    """Say of each row which cluster it is of, and what it weighs.

    `codes`, of shape (rows,), count from 0 up to `number`; None where each row is a cluster of its own. The last of
    them, from `first_known` on, are rows of known clusters. `weights` are float64 of shape (rows,); None where every
    row counts as one. In the slices named in `alone`, which are by the clusters themselves, each row is a cluster of
    its own. `repeats` says how often each row stands here, once for each time that a model was asked; `rows` is then
    which row each is, of shape (rows,), and it is a cluster where each row was its own. `distinct` asks for the
    different clusters to be kept. The rest is as in `Clusters`.
    """

    columns: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    weight: str | None = None
    codes: NDArray[np.int64] | None = None
    number: int = 0
    first_known: int | None = None
    weights: NDArray[np.float64] | None = None
    alone: frozenset[str] = frozenset()
    distinct: bool = False
    rows: NDArray[np.int64] | None = None
    repeats: int = 1

    @property
    def is_known(self) -> NDArray[np.bool_] | None:
        """Which clusters are rows of known ones, bool of shape (number,); None where none are."""
        return None if self.first_known is None else np.arange(self.number) >= self.first_known

    def take(self, kept: NDArray[Any]) -> Grouping:
        """Give the grouping of some of the rows; `codes` keep their numbers."""
        codes = None if self.codes is None else self.codes[kept]
        return replace(self, codes=codes, weights=None if self.weights is None else self.weights[kept])

    def take_few(self, kept: NDArray[Any]) -> Grouping:
        """Give the grouping of some of the rows, and no cluster that has none of them."""
        taken = self.take(kept)
        if taken.codes is None:
            return taken
        left, codes = np.unique(taken.codes, return_inverse=True)
        first = len(left) if self.first_known is None else int(np.searchsorted(left, self.first_known))
        known = first if first < len(left) else None
        return replace(taken, codes=codes.reshape(-1).astype(np.int64), number=len(left), first_known=known)


def read_grouping(table: Table, model: ModelSpec) -> Grouping | None:
    """Read which rows belong together and what each weighs; None where rows are independent and of one weight.

    Values that are written differently are one, as where a holdout is cut `by:` a column. Rows of a known value are
    clusters of their own. UserError for a column that there is not, and for what `refuse_unfit` refuses.
    """
    clustering = model.clustering or ClusterSpec()
    if not clustering.columns and model.weight is None:
        return None
    refuse_unfit(table, model)
    columns = frozenset(clustering.columns)
    found = Grouping(
        clustering.columns,
        tuple(map(str, clustering.known)),
        model.weight,
        weights=None if model.weight is None else table.numbers(model.weight),
        alone=frozenset(one.name for one in specs_of(model) if one.edges is None and columns <= {*one.columns}),
        distinct=model.asks_proof,
    )
    if not clustering.columns:
        return found
    codes, first = cluster_codes(table, clustering)
    number = int(codes.max()) + 1
    return replace(found, codes=codes, number=number, first_known=first if first < number else None)


def cluster_codes(table: Table, clustering: ClusterSpec) -> tuple[NDArray[np.int64], int]:
    """Give for each row the number of its cluster, int64 of shape (rows,), and the first that is of a known one.

    Numbers count from 0 without a gap; rows of a known value are each a cluster, behind all others.
    """
    _, found = np.unique(keys(table, clustering.columns), return_inverse=True)
    codes = found.reshape(-1).astype(np.int64)
    first = int(codes.max()) + 1
    if clustering.known:
        source, _ = spell(table, clustering.columns, words=False)
        alone = table.mask(known_sql(table, clustering), source)
        codes[alone] = first + np.arange(np.count_nonzero(alone))
        left, found = np.unique(codes, return_inverse=True)
        codes, first = found.reshape(-1).astype(np.int64), int(np.searchsorted(left, first))
    return codes, first


def known_sql(table: Table, clustering: ClusterSpec, value: str = "v0") -> str:
    """Write the SQL of whether a row is of a known value, over what `spell` makes of the one column."""
    texts = dict.fromkeys(spell_text(str(one), table.shown) for one in map(_write, clustering.known))
    return " OR ".join(f"{value} = {literal(text)}" for text in texts) or "false"


def _write(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def refuse_unfit(table: Table, model: ModelSpec) -> None:
    """Hold that each row belongs to a cluster and has a weight, which is a number that is finite and not negative.

    UserError with the column and the first row.
    """
    clustering = model.clustering or ClusterSpec()
    for column in clustering.columns:
        source, values = spell(table, [column], words=False)
        nowhere = table.mask(f"{values[0]} = ''", source)
        if nowhere.any():
            said = "by which rows belong together"
            raise UserError(
                f"{table.where(int(nowhere.argmax()))}: no value in column {column!r}, {said}"
                f"{_more(int(nowhere.sum()))}",
                hint="Fill it in: a row of nobody's is a value of its own. `cluster: none` declares rows independent.",
            )
    if model.weight is not None:
        _refuse_weights(table, model.weight)


def _refuse_weights(table: Table, column: str) -> None:
    value = table.number_sql(column)
    outside = f"{value} < 0 OR isnan({value}) OR {value} > {MOST!r} OR ({value} > 0 AND {value} < {LEAST!r})"
    wrong = table.count_where(f"coalesce({outside}, true)")
    if not wrong:
        return
    first = table.first(f"coalesce({outside}, true)") or 0
    text = table.text_at(column, first)
    what = f"the weight {brief(text)} in column {column!r} is {_name_fault(text)}" if text else ""
    raise UserError(
        f"{table.where(first)}: {what or f'no weight in column {column!r}'}{_more(wrong)}",
        hint="A weight says how many rows of the population a row stands for: a number, 0 for a row that does not "
        "count.",
    )


def _name_fault(text: str) -> str:
    try:
        number = float(text.replace("_", "?"))
    except ValueError:
        return "no number"
    if not np.isfinite(number):
        return "no finite number"
    return "negative" if number < 0 else f"not between {LEAST:g} and {MOST:g}"


def _more(rows: int) -> str:
    return f" (and {rows - 1:,} rows more)" if rows > 1 else ""


def note_grouping(table: Table, model: ModelSpec) -> tuple[str, ...]:
    """Say which known values no row has, and how many rows have a weight of 0 and are not counted."""
    clustering = model.clustering or ClusterSpec()
    said = [
        f"`cluster:` says that {brief(str(one))} is known, and no row of {table.shown} has it in column "
        f"{clustering.columns[0]!r}: nothing is judged otherwise for it."
        for one in clustering.known
        if not _occurs(table, ClusterSpec(clustering.columns, (one,)))
    ]
    none = 0 if model.weight is None else table.count_where(f"{table.number_sql(model.weight)} = 0")
    if none:
        have, are = ("row has", "is") if none == 1 else ("rows have", "are")
        said.append(f"{none:,} {have} a weight of 0 in column {model.weight!r} and {are} not counted.")
    return tuple(said)


def _occurs(table: Table, clustering: ClusterSpec) -> bool:
    source, _ = spell(table, clustering.columns, words=False)
    return bool(table.mask(known_sql(table, clustering), source).any())
