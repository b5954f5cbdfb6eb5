"""Features as the service logged them against the same ones computed again: where they differ, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.skew_causes import find_cause, show_pairs
from ml_ci.live.skew_columns import Compared, Side, agree, is_unequal
from ml_ci.live.skew_rows import DIFFERING, choose_rows, join_rows
from ml_ci.live.skew_values import ColumnSkew, Skew, Wanted
from ml_ci.tables.duck import Database, select

_BATCH = 5_000
# Values of some rows, by column.
Values: TypeAlias = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Comparison:
    """A comparison whose rows that differ can still be read from its database."""

    skew: Skew
    compared: tuple[Compared, ...] = field(repr=False)
    database: Database = field(repr=False)

    def read_differing(self, columns: Sequence[str]) -> Iterator[tuple[Values, Values]]:
        """Give the rows that differ in some column, a batch at a time: as logged, and as computed.

        A column that was not compared is left out.
        """
        places = {one.name: one.place for one in self.compared if one.name in columns}
        what = [f"{side}{place}" for side in "lf" for place in places.values()]
        if not places:
            return
        self.database.execute(select(", ".join(what), DIFFERING))
        while rows := self.database.fetchmany(_BATCH):
            across = [list(values) for values in zip(*rows, strict=True)]
            logged, computed = across[: len(places)], across[len(places) :]
            yield dict(zip(places, logged, strict=True)), dict(zip(places, computed, strict=True))


def compare(database: Database, logged: Side, computed: Side, wanted: Wanted) -> Comparison:
    """Compare two tables that a database can read, joined by id.

    UserError where a table has no such id, where they have no other column in common, or where rows of one id differ
    within a table.
    """
    _refuse_without(wanted.id, logged, computed)
    left_out = {wanted.id, *wanted.beside, *([] if wanted.time is None else [wanted.time])}
    names = [name for name in logged.types if name in computed.types and name not in left_out]
    if not names:
        message = f"{logged.shown} and {computed.shown} have no feature in common"
        hint = f"The log has {_some(logged)}; computed are {_some(computed)}. Name the same features alike."
        raise UserError(message, hint=hint)
    chosen = choose_rows(database, logged, computed, names, wanted)
    compared = agree(database, names, chosen.logged, chosen.computed)
    counts = join_rows(database, chosen, compared, wanted)
    skew = Skew(
        rows=counts.rows,
        mismatches=counts.differing,
        columns=_look(database, logged, computed, compared, wanted),
        logged=chosen.rows,
        unmatched=counts.chosen - counts.rows,
        only_logged=tuple(name for name in logged.types if name not in computed.types and name not in left_out),
        only_computed=tuple(name for name in computed.types if name not in logged.types and name not in left_out),
        notes=counts.notes,
    )
    return Comparison(skew, compared, database)


def _look(
    database: Database, logged: Side, computed: Side, compared: Sequence[Compared], wanted: Wanted
) -> Mapping[str, ColumnSkew]:
    """Count each column's mismatches, and look at those of a column that has some."""
    counts = ", ".join(f"count_if({is_unequal(one, wanted.within)})" for one in compared)
    found = database.execute(select(counts, DIFFERING)).fetchone() or ()
    columns = {}
    for one, number in zip(compared, found, strict=True):
        if not number:
            columns[one.name] = ColumnSkew(0, note=one.note)
            continue
        cause = find_cause(database, (logged, computed), one, compared, wanted)
        columns[one.name] = ColumnSkew(int(number), cause, show_pairs(database, one, wanted), one.note)
    return columns


def _refuse_without(id: str, *sides: Side) -> None:  # noqa: A002
    for side in sides:
        if id not in side.types:
            raise UserError(
                f"{side.shown} has no column `{id}`", hint=f"It has {_some(side)}. `id:` joins both tables."
            )


def _some(side: Side) -> str:
    names = list(side.types)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
