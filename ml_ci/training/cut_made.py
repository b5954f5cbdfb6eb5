"""Take the rows that judge out of what jobs left, which were done on the whole table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.changes.settings import choosing_column
from ml_ci.errors import UserError
from ml_ci.spec.values import FileEntry, PartEntry
from ml_ci.tables.membership import belonging
from ml_ci.tables.pairing import keys
from ml_ci.tables.parts import cut_rows
from ml_ci.tables.table import Table
from ml_ci.training.placement import Placement, name_flags, put_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cut_made(placement: Placement, held: Path | None) -> None:
    """Take the holdout's rows out of what jobs left, wherever that still tells which they are.

    It does by the column that chooses them, else by the one that names a row (`id:`); `held` are the rows of the part,
    None where nothing was cut.
    """
    part = placement.model.kept_back
    if not isinstance(part, PartEntry) or held is None:
        return
    for name, entry in placement.model.data.items():
        at = placement.supply.copy / entry.path
        table = _open(at, entry) if entry.job is not None and name != part.of else None
        mask = None if table is None else _find_rows(placement, part, held, table)
        if table is not None and mask is not None and mask.any():
            _cut_out(placement, name, table, mask)


def _open(at: Path, entry: FileEntry) -> Table | None:
    """Open what a job left as a table; None where it is none."""
    try:
        return Table.open(at, entry.columns, shown=entry.path) if at.is_file() else None
    except UserError:
        return None


def _find_rows(placement: Placement, part: PartEntry, held: Path, table: Table) -> NDArray[Any] | None:
    """Say which rows of a table are the part's, bool of shape (rows,); None where it has no column that tells."""
    column, name = choosing_column(part), placement.model.row_id
    if column is not None and table.has(column):
        return belonging(table, part)
    if name is None or not table.has(name):
        return None
    import numpy as np

    rows = Table.open(held, placement.model.data[part.of].columns)
    return np.isin(keys(table, [name]), keys(rows, [name])) if rows.has(name) else None


def _cut_out(placement: Placement, name: str, table: Table, mask: NDArray[Any]) -> None:
    if mask.all():
        hint = "Let the job keep rows of training, too."
        raise UserError(f"every row of {table.shown} is one that judges: none is left to train on", hint=hint)
    rest = placement.work / f"rest-{name}{table.path.suffix}"
    rest.parent.mkdir(parents=True, exist_ok=True)
    out = placement.work / f"part-{name}{table.path.suffix}"
    cut_rows(table, mask, rest, out, flags=name_flags(placement, name), python=placement.python)
    put_rows(placement, name, rest, table.path)
