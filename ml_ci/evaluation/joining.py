"""Find for each row of the holdout its row in a predictions file: by an id, by columns that both have, or in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.tables.canonical import brief, canonical
from ml_ci.tables.duck import as_text, connect, select
from ml_ci.tables.table import Table

Rows = NDArray[np.intp]

_BATCH = 10_000


def order(table: Table, holdout: Table, id: str | None, label: str, read: str, name: str) -> Rows:  # noqa: A002
    """Give for each row of the holdout its row in the predictions, whose column `read` holds what is predicted.

    By the column that `id:` names; else by a column that the holdout has too, where it stands in another order; and
    by position where nothing speaks against it. StageFailed for rows that are missing, twice or unknown, and where
    columns that both have differ and do not say which row belongs to which; UserError when ids of the holdout are.
    """
    if id is not None:
        return _by(table, holdout, id, name)
    shared = [one for one in table.names if one and holdout.has(one) and one not in (read, label.strip())]
    if not shared:
        _refuse_other_part(table, holdout, name)
    if table.rows != holdout.rows:
        _tell_rows(table, holdout, shared, name)
        raise fail(
            "row-count",
            f"{name} has {table.rows:,} rows, and the holdout {holdout.shown} has {holdout.rows:,}",
            "Write one row for each row of the holdout, in its order, under one header line.",
        )
    moved = [one for one in shared if _differs(table, holdout, one)]
    if moved and not _settle(holdout, [one for one in shared if one not in moved]):
        return _by_shared(table, holdout, shared, moved, name)
    if not shared and holdout.has(label) and table.has(label):
        _refuse_sorted_labels(table, holdout, label.strip(), name)
    return np.arange(table.rows)


def _refuse_other_part(table: Table, holdout: Table, name: str) -> None:
    """Refuse a part of predictions with other rows than the holdout's part of its name: rows are matched by place."""
    if table.gathered is None or holdout.gathered is None:
        return
    ours, given = dict(holdout.gathered.counts), dict(table.gathered.counts)
    if ours.keys() != given.keys():
        return
    for part, rows in given.items():
        if rows != ours[part]:
            said = f"{name}: the part {part} has {rows:,} rows, and that of the holdout {holdout.shown} {ours[part]:,}"
            raise fail("row-count", said, "Write one row for each row of the part, in its order.")


def refuse_parts(table: Table, holdout: Table, rows: Rows, name: str) -> None:
    """Refuse part files whose rows are matched by their place, unless both tables are of the same parts.

    Jobs read and write parts in any order; where a column of both tells the rows apart, it says which belong together.
    """
    several = [one for one in (table, holdout) if one.gathered is not None and len(one.gathered.parts) > 1]
    if not several or not np.array_equal(rows, np.arange(len(rows))):
        return
    ours, given = (None if one.gathered is None else one.gathered.counts for one in (holdout, table))
    if ours == given or _settle(holdout, [one for one in table.names if one and holdout.has(one)]):
        return
    parts = 0 if several[0].gathered is None else len(several[0].gathered.parts)
    raise fail(
        "parts-order",
        f"{several[0].shown} lies in {parts} part files, and {name} has not the same parts: its rows cannot be matched "
        "by their place",
        "Write a column that tells the rows apart beside each prediction and name it with `id:`, or leave a part of "
        "predictions for each part of the holdout, under its name.",
    )


def fail(code: str, message: str, hint: str = "") -> StageFailed:
    """Name what is wrong with predictions."""
    return StageFailed(Failure("evaluation", code, message, hint))


def _settle(holdout: Table, equal: Sequence[str]) -> bool:
    """Say whether a column that is equal in every row tells all rows apart: then the order is the holdout's."""
    return any(len(holdout.counts(one)) == holdout.rows for one in equal)


def _differs(table: Table, holdout: Table, column: str) -> bool:
    """Say whether a column that both have holds another value in some row; texts of one value are the same."""
    ours = f"({select(f'{as_text(holdout.sql(column))} AS h', holdout.source)})"
    given = f"({select(f'{as_text(table.sql(column))} AS p', table.source)})"
    with connect(shown=table.shown) as connection:
        connection.execute(select("h, p", f"{ours} POSITIONAL JOIN {given}", "WHERE h IS DISTINCT FROM p"))
        while batch := connection.fetchmany(_BATCH):
            if any(not _same(str(one), str(other)) for one, other in batch):
                return True
    return False


def _same(one: str, other: str) -> bool:
    one, other = one.strip(), other.strip()
    return one == other or _value(one) == _value(other)


def _value(text: str) -> str:
    return "" if text.lower() in ("nan", "na", "null", "none") else canonical(text)


def _by_shared(table: Table, holdout: Table, shared: Sequence[str], moved: Sequence[str], name: str) -> Rows:
    """Join by the columns that stand in another order: each that tells all rows apart, else all of them together."""
    for columns in (*([one] for one in moved), list(moved), list(shared)):
        found = _join(_keys(table, columns), _keys(holdout, columns))
        if found is not None:
            _refuse_other_orders(table, holdout, columns, moved, found, name)
            return found
    _tell_rows(table, holdout, moved, name)
    named = ", ".join(moved[:4])
    raise fail(
        "rows-differ",
        f"{name} has the column{'s' if len(moved) > 1 else ''} {named} of the holdout with other values in its rows, "
        "so it is not clear which row each prediction belongs to",
        f"Write the column as the holdout has it and name it with `id:`, or leave {named} out of the predictions where "
        "the rows are in the holdout's order.",
    )


def _keys(table: Table, columns: Sequence[str]) -> list[tuple[str, ...]]:
    texts = [[_value(text) for text in table.text(column).tolist()] for column in columns]
    return list(zip(*texts, strict=True))


def _join(given: Sequence[tuple[str, ...]], wanted: Sequence[tuple[str, ...]]) -> Rows | None:
    """Give for each wanted key its place among those given; None unless both have the same keys, each once."""
    places = {key: row for row, key in enumerate(given)}
    if len(places) != len(given) or len(set(wanted)) != len(wanted) or places.keys() != set(wanted):
        return None
    return np.fromiter((places[key] for key in wanted), np.intp, len(wanted))


def _refuse_other_orders(
    table: Table, holdout: Table, columns: Sequence[str], moved: Sequence[str], found: Rows, name: str
) -> None:
    """Refuse columns of which each tells the rows apart, and which say different things."""
    for one in moved:
        if [one] == list(columns):
            continue
        other = _join(_keys(table, [one]), _keys(holdout, [one]))
        if other is not None and not np.array_equal(other, found):
            raise fail(
                "rows-differ",
                f"{name}: by the column {columns[0]} its rows belong to other rows of the holdout than by {one}",
                f"Name the right one: `id: {columns[0]}`, or leave the other out of the predictions.",
            )


def _tell_rows(table: Table, holdout: Table, columns: Sequence[str], name: str) -> None:
    """Raise StageFailed naming a row that is missing, unknown or twice, where a column tells the rows apart."""
    for column in columns:
        if len({_value(text) for text in holdout.text(column).tolist()}) == holdout.rows:
            try:
                _by(table, holdout, column, name)
            except StageFailed as error:
                hint = f"{error.failure.hint} If {column} is not the holdout's, leave it out of the predictions."
                raise StageFailed(replace(error.failure, hint=hint)) from None


def _refuse_sorted_labels(table: Table, holdout: Table, label: str, name: str) -> None:
    """Refuse predictions that hold the holdout's labels in another order; other labels there are the model's own."""
    if not _differs(table, holdout, label) or _tally(table, label) != _tally(holdout, label):
        return
    raise fail(
        "rows-differ",
        f"{name} has the labels of the holdout, in another order: its rows are not in the holdout's order",
        "Write a column beside each prediction that tells the rows apart, and name it with `id:`.",
    )


def _tally(table: Table, column: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for text, rows in table.counts(column).items():
        found[_value(text)] = found.get(_value(text), 0) + rows
    return found


def _by(table: Table, holdout: Table, id: str, name: str) -> Rows:  # noqa: A002
    wanted = _holdout_ids(holdout, id)
    given = _find_given_ids(table, id, name)
    if unknown := [key for key in given if key not in wanted]:
        raise fail(
            "unknown-id",
            f"{table.row(given[unknown[0]])}: the holdout has no {id} {brief(unknown[0])}",
            "Write one row for each row of the holdout, and no other.",
        )
    if absent := [key for key in wanted if key not in given]:
        raise fail(
            "missing-id",
            f"{name} has no row for {id} {brief(absent[0])} of the holdout (nor for {len(absent) - 1:,} more)",
            "Write one row for each row of the holdout.",
        )
    return np.fromiter((given[key] for key in wanted), np.intp, len(wanted))


def _holdout_ids(holdout: Table, id: str) -> dict[str, int]:  # noqa: A002
    keys = [canonical(text) for text in holdout.text(id)]
    if "" in keys:
        raise UserError(f"{holdout.where(keys.index(''))}: no value in the id column {id!r}")
    if repeated := _find_repeated(keys):
        key, first, second = repeated
        raise UserError(
            f"{holdout.where(second)}: {id} {brief(key)} occurs twice (first in row {first + 1})",
            hint="The column that `id:` names has to tell the rows of the holdout apart.",
        )
    return {key: row for row, key in enumerate(keys)}


def _find_given_ids(table: Table, id: str, name: str) -> dict[str, int]:  # noqa: A002
    if not table.has(id):
        raise fail(
            "no-id",
            f"{name} has no column {id!r}, which `id:` names; its columns are: {', '.join(table.names[:20])}",
            "Write the id beside each prediction, or remove `id:` when the rows are in the holdout's order.",
        )
    keys = [canonical(text) for text in table.text(id)]
    if "" in keys:
        message = f"{table.row(keys.index(''))}: no value in the id column {id!r}"
        raise fail("missing-id", message, "Write the holdout's id beside each prediction.")
    if repeated := _find_repeated(keys):
        key, first, second = repeated
        message = f"{table.row(second)}: {id} {brief(key)} was in {_before(table, first)} already"
        raise fail("duplicate-id", message, "Write one row for each row of the holdout.")
    return {key: row for row, key in enumerate(keys)}


def _before(table: Table, row: int) -> str:
    return table.row(row).removeprefix(table.shown).lstrip(",: ")


def _find_repeated(keys: Sequence[str]) -> tuple[str, int, int] | None:
    seen: dict[str, int] = {}
    for row, key in enumerate(keys):
        if key in seen:
            return key, seen[key], row
        seen[key] = row
    return None
