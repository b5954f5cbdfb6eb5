"""Find the rows that judge among those that another side's job made: by the column that names a row."""

from __future__ import annotations

import filecmp
from dataclasses import replace
from typing import TYPE_CHECKING

from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec, PartEntry
from ml_ci.steps.planning.own_rows import find_source
from ml_ci.steps.values import Sides
from ml_ci.tables.pairing import keys, pair
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHOWN = 3


@dataclass(frozen=True, eq=False)
class BaseHoldout:
    """What the baseline's own job makes of the rows that judge; `places` has that of each of the candidate's rows."""

    table: Table
    places: NDArray[np.intp]


def are_same_bytes(one: Table, other: Table) -> bool:
    """Say whether two tables are the same file by content, with the same columns."""
    return one.names == other.names and filecmp.cmp(one.path, other.path, shallow=False)


def refuse_without_id(sides: Sides) -> None:
    """Hold that rows which two jobs made can be told apart, are cut alike and asked the same; StageFailed otherwise."""
    candidate, base = sides.candidate.model, sides.base
    if candidate.id is None:
        made = f"{_name_maker(candidate)} of this change makes other rows to judge by than that of the baseline"
        hint = (
            "Name the column that says which row is which: `id: COLUMN`. Each side is then scored on what its own job "
            "makes of the same rows. (Where only data changed, declare them under `data:` of the job.)"
        )
        raise _fail(f"{made}, and nothing says which row is which", hint)
    for what, key in (("how the holdout is cut out of what it leaves", _list_cut), ("label or positive", _list_asked)):
        if base is not None and key(candidate) != key(base):
            message = f"{_name_maker(candidate)} changed, and {what} did, too"
            raise _fail(message, "Change one of them at a time.")


def _list_cut(model: ModelSpec) -> object:
    """Name how the rows are cut out of the source, whichever of the folds they are; None where they are a file."""
    return replace(model.holdout, fold=None) if isinstance(model.holdout, PartEntry) else None


def _list_asked(model: ModelSpec) -> object:
    return model.label, model.positive


def match_rows(wanted: Table, given: Table, sides: Sides) -> NDArray[np.intp]:
    """Give for each row of `wanted` its place in `given`, shape (rows,), by the column `id:`.

    StageFailed `own-rows` unless both hold the same rows, each once: what one side leaves out, the other would be
    judged by alone.
    """
    import numpy as np

    model = sides.candidate.model
    assert model.id is not None  # noqa: S101 - refuse_without_id has looked
    for table, whose in ((wanted, "this change"), (given, "the baseline")):
        if not table.has(model.id):
            hint = "Let the job keep it, on both sides, or name another one: `id: COLUMN`."
            raise _fail(f"the rows that {_name_maker(model)} of {whose} makes have no column `{model.id}`", hint)
    ours, theirs = keys(wanted, [model.id]), keys(given, [model.id])
    for table, known in ((wanted, ours), (given, theirs)):
        _refuse_twice(table, known, model)
    found = pair(ours, theirs)
    added, there = np.flatnonzero(found < 0), np.zeros(given.rows, np.bool_)
    there[found[found >= 0]] = True
    dropped = np.flatnonzero(~there)
    if len(added) or len(dropped):
        said = [_count(model.id, wanted, added, "added")] if len(added) else []
        said += [_count(model.id, given, dropped, "dropped")] if len(dropped) else []
        message = f"{_name_maker(model)} of this change makes other rows to judge by than the baseline's: "
        hint = (
            "Both sides are judged on the same rows: let the job keep every row that judges, and fill in what is "
            "missing. Where other rows shall judge, change their data in one change and the job in another."
        )
        raise _fail(message + ", ".join(said), hint)
    return found


def _refuse_twice(table: Table, known: NDArray[np.uint64], model: ModelSpec) -> None:
    import numpy as np

    unique, counts = np.unique(known, return_counts=True)
    if len(unique) < len(known) and model.id is not None:
        row = int(np.flatnonzero(known == unique[counts > 1][0])[0])
        message = f"{table.shown}: `{model.id}` repeats in {len(known) - len(unique):,} of its rows"
        raise _fail(f"{message} ({table.text_at(model.id, row)})", "Name a column with another value in each row.")


def _count(column: str, table: Table, rows: NDArray[np.intp], how: str) -> str:
    named = ", ".join(table.text_at(column, int(row)) for row in rows[:_SHOWN])
    more = ", …" if len(rows) > _SHOWN else ""
    return f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'} {how} ({column} {named}{more})"


def _name_maker(model: ModelSpec) -> str:
    job = find_source(model).job
    return f"the job `{job}`" if job else f"the file {find_source(model).path}"


def say_matched(sides: Sides, places: NDArray[np.intp]) -> str:
    """Say that each side is scored on what its own job made of the same rows, and whether their order is another."""
    import numpy as np

    model = sides.candidate.model
    moved = ", which stand in another order now" if (places != np.arange(len(places))).any() else ""
    name = _name_maker(model)
    return (
        f"{name[0].upper()}{name[1:]} changed: each side is scored on what its own job makes of the "
        f"{len(places):,} rows that judge{moved}; they are matched by `{model.id}`."
    )


def _fail(message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("evaluation", "own-rows", message, hint))
