"""The base's holdout: its rows, where each of them is in the change's, and which of them a side was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.values import Side
from ml_ci.steps.working.own_rows import BaseHoldout
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.membership import belonging
from ml_ci.tables.pairing import common, keys, pair
from ml_ci.tables.parts import cut
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class BaseRows:
    """The base's holdout as a table. For each of its rows: `place` in the change's holdout (-1: it is not there), and
    whether it is `kept`: neither side was trained on it.

    `removed`, `added` and `relabelled` count rows; a row that moved into a training table is none of them. `regrouped`
    are rows with another value in a column by which rows are sliced, clustered or weighed.
    """

    table: Table
    place: NDArray[np.intp]
    kept: NDArray[np.bool_]
    removed: int
    added: int
    relabelled: int
    regrouped: int = 0

    @property
    def moved(self) -> bool:
        """Whether these are other rows, or other labels, than the change's."""
        return bool(self.removed or self.added or self.relabelled or self.regrouped or not self.kept.all())


def find_base_rows(shop: Workshop, base: Side, model: ModelSpec) -> BaseRows:
    """Read the holdout of `model`, the entry as the base's commit declares it, and find its rows in the change's.

    UserError and StageFailed when it cannot be had any more.
    """
    if shop.base_holdout is not None:
        return _match_own(shop, shop.base_holdout, model)
    table = open_base_table(shop, base, model)
    candidate = shop.sides.candidate.model
    own = _universe(shop)
    labels = frozenset({model.label, candidate.label})
    ids = frozenset(name for name in (model.id, candidate.id) if name)
    if isinstance(candidate.holdout, PartEntry):
        inside = belonging(own, candidate.holdout)
        found = _find(table, own, labels, model.label, ids)
        kept = (found < 0) | inside[found]
        if candidate.holdout.of in base.model.data:
            # the baseline was kept from the change's holdout, and from no other row
            kept &= belonging(table, candidate.holdout)
        place = _number(inside)[found] if len(found) else found
        place[(found < 0) | ~kept] = -1
        there = int(inside.sum())
    else:
        found = place = _find(table, own, labels, model.label, ids)
        kept = ~_find_moved_to_training(shop, base, table, labels)
        there = own.rows
    return _count(table, own, place, found, kept, there, (model.label, candidate.label))


def _match_own(shop: Workshop, own: BaseHoldout, model: ModelSpec) -> BaseRows:
    """Give what the base's own job makes of the rows that judge: they are the same rows, whatever it says of them."""
    table, now, candidate = own.table, shop.holdout, shop.sides.candidate.model
    place = np.empty(table.rows, np.intp)
    place[own.places] = np.arange(table.rows)
    both = np.ones(table.rows, np.bool_)
    found = _count(table, now, place, place, both, table.rows, (model.label, candidate.label))
    return replace(found, regrouped=int(_find_regrouped(table, now, place, model, candidate).sum()))


def _find_regrouped(
    table: Table, now: Table, place: NDArray[np.intp], model: ModelSpec, candidate: ModelSpec
) -> NDArray[np.bool_]:
    """Say of which rows a column differs, or is gone, by which the base groups or weighs them."""
    named = {column for one in (model, candidate) for column in _list_grouping(one)}
    columns = sorted(column for column in named if table.has(column))
    if any(not now.has(column) for column in columns):
        return np.ones(table.rows, np.bool_)
    return keys(table, columns) != keys(now, columns)[place] if columns else np.zeros(table.rows, np.bool_)


def _list_grouping(model: ModelSpec) -> Iterator[str]:
    yield from (column for one in model.slices for column in one.columns)
    yield from (column for gate in model.gates for columns in gate.condition.columns for column in columns)
    yield from () if model.clustering is None else model.clustering.columns
    yield from () if model.weight is None else (model.weight,)


def open_base_table(shop: Workshop, base: Side, model: ModelSpec) -> Table:
    """Open the holdout of the base's commit, cut as it is cut there."""
    holdout = model.holdout
    if isinstance(holdout, FileEntry):
        return Table.open(shop.bring_base(base, "holdout", holdout), holdout.columns, shown=_name(base, holdout.path))
    entry = model.data[holdout.of]
    source = shop.bring_base(base, holdout.of, entry)
    if holdout.whole:
        return Table.open(source, entry.columns, shown=_name(base, entry.path))
    out = shop.work / "base-holdout" / source.name
    cut(source, holdout, None, out, columns=entry.columns, shown=entry.path, python=shop.python(base))
    return Table.open(out, entry.columns, shown=_name(base, f"the holdout cut from {entry.path}"))


def _name(base: Side, path: str) -> str:
    return f"{path} of commit {(base.commit or '')[:7]}"


def _universe(shop: Workshop) -> Table:
    """Open the change's holdout; where it is a part, the whole table that it is cut out of."""
    model = shop.sides.candidate.model
    if isinstance(model.holdout, FileEntry):
        return shop.holdout
    entry = model.data[model.holdout.of]
    return Table.open(shop.bring(model.holdout.of, entry), entry.columns, shown=entry.path)


def scores_all(table: Table, own: Table, but: frozenset[str]) -> bool:
    """Say whether the base's rows have every column of the change's: a model of the change may need a new one."""
    return all(table.has(name) for name in own.names if name not in but)


def _find(table: Table, own: Table, labels: frozenset[str], label: str, ids: frozenset[str]) -> NDArray[np.intp]:
    """Find the base's rows among the change's: those that are the same with their label, then those without it.

    Rows that the change cannot score, for want of a column, are at last found by their id.
    """
    shared = common(table, own, labels)
    if not shared:
        return _in_place(table, own)
    was, now = keys(table, shared), keys(own, shared)
    if len(was) == len(now) and bool((was == now).all()):
        return np.arange(len(was))
    found = np.full(table.rows, -1, np.intp)
    if own.has(label):
        whole = [*shared, label]
        found = pair(keys(table, whole), keys(own, whole))
    free = np.ones(own.rows, np.bool_)
    free[found[found >= 0]] = False
    known = [name for name in sorted(ids) if table.has(name) and own.has(name)]
    ways = [(was, now)]
    if known and not scores_all(table, own, labels):
        ways.append((keys(table, known), keys(own, known)))
    for mine, theirs in ways:
        left = np.flatnonzero(found < 0)
        found[left] = pair(mine[left], theirs, free)
        free[found[found >= 0]] = False
    return found


def _in_place(table: Table, own: Table) -> NDArray[np.intp]:
    """Take rows without anything but a label by their place; UserError where their number changed."""
    if table.rows != own.rows:
        raise UserError("its rows have nothing but a label: which of them are still there is not known")
    return np.arange(table.rows)


def _number(inside: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give each row's place among those inside."""
    return np.asarray(np.cumsum(inside) - 1, np.intp)


def _find_moved_to_training(shop: Workshop, base: Side, table: Table, labels: frozenset[str]) -> NDArray[np.bool_]:
    """Say which rows one side was trained on and the other was not: those that a change moved to or from a table."""
    moved = np.zeros(table.rows, np.bool_)
    candidate = shop.sides.candidate
    for name, entry in candidate.model.data.items():
        part = f"data.{name}"
        before = base.model.data.get(name)
        if name == "validation" or before is None:
            continue
        if candidate.fingerprint.parts.get(part) == base.declared.parts.get(part):
            continue
        try:
            new = Table.open(shop.bring(name, entry), entry.columns, shown=entry.path)
            old = Table.open(shop.bring_base(base, name, before), before.columns, shown=_name(base, before.path))
        except UserError:
            continue  # it is no table
        shared = [column for column in common(table, new, labels) if old.has(column)]
        if shared:
            mine = keys(table, shared)
            moved |= (pair(mine, keys(new, shared)) >= 0) != (pair(mine, keys(old, shared)) >= 0)
    return moved


def _count(
    table: Table,
    own: Table,
    place: NDArray[np.intp],
    found: NDArray[np.intp],
    kept: NDArray[np.bool_],
    there: int,
    labels: tuple[str, str],
) -> BaseRows:
    pairs = np.flatnonzero(found >= 0)
    relabelled = 0
    if own.has(labels[0]):
        was, now = keys(table, [labels[0]]), keys(own, [labels[0]])
        relabelled = int((was[pairs] != now[found[pairs]]).sum())
    here = int((place >= 0).sum())
    return BaseRows(table, place, kept, table.rows - len(pairs), there - here, relabelled)
