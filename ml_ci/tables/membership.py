"""Which rows belong to a part of a table: a pure function of each row's own values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry, Scalar
from ml_ci.tables.canonical import brief, canonical, same
from ml_ci.tables.duck import literal, select
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_INDEX = re.compile(r"__index_level_\d+__")


def belonging(table: Table, part: PartEntry) -> NDArray[np.bool_]:
    """Say of each row of a table whether it belongs to a part, bool of shape (rows,).

    UserError with file and line when a row cannot be placed.
    """
    if part.share is not None:
        return _share(table, part, part.share)
    if part.folds is not None:
        return _fold(table, part)
    if part.after is not None:
        return _after(table, part.after)
    if part.where is not None:
        return _where(table, part.where)
    raise UserError(f"a part of {part.of!r} needs one of `share`, `after`, `where` and `folds`")


def smallest(table: Table, rows: int, seed: int) -> NDArray[np.bool_]:
    """Choose the rows with the smallest hashes, bool of shape (rows,); of equal ones the first."""
    import numpy as np

    source, hashed = hash_rows(table, seed)
    numbered = select(f"row_number() OVER () - 1 AS place, {hashed} AS h", source)
    places = table.ask(select("place", f"({numbered})", f"ORDER BY h, place LIMIT {rows}"))["place"]
    chosen = np.zeros(table.rows, np.bool_)
    chosen[places] = True
    return chosen


def hash_rows(
    table: Table, seed: int, columns: Sequence[str] | None = None, *, but: str | None = None
) -> tuple[str, str]:
    """Give the SQL of a table's rows and of the hash of each: 64 hexadecimal digits, in which order rows are drawn.

    SHA-256 over the UTF-8 text of the seed and the row's values, joined by the unit separator (U+001F), each in the
    form that stands for all its spellings, in the order of the columns' names: the same in every version and on every
    machine, whatever the file's format, its white space, quotes, delimiter, or the place of the row and the columns.
    `columns` hashes those only, `but` names one of all that does not count.
    """
    names = content_columns(table.names) if columns is None else columns
    names = [name for name in names if but is None or name.strip() != but.strip()]
    if not names:
        raise UserError(f"{table.shown} has no column but {but!r}, which does not say where a row belongs")
    source, values = spell(table, names, words=columns is None)
    return source, f"sha256(concat_ws(chr(31), {', '.join([literal(str(seed)), *values])}))"


def share_bound(share: float) -> str:
    """Give the hash below which a row belongs to a `share` in (0, 1) of the rows."""
    return format(int(Fraction(share) * 2**256), "064x")


def content_columns(names: Sequence[str]) -> list[str]:
    """Give the columns that are a row's content, sorted: all but the index that pandas may have written beside them."""
    return sorted(name for name in names if not _INDEX.fullmatch(name))


def number_folds(table: Table, part: PartEntry) -> NDArray[np.uint8]:
    """Give the fold of each row, counted from 0, of shape (rows,): by its hash, so that other rows move none.

    Its label does not count. UserError as for a share.
    """
    import numpy as np

    if part.folds is None:
        raise UserError(f"a part of {part.of!r} without `folds` has none to number")
    source, hashed = _hash_part(table, part)
    found = np.zeros(table.rows, np.uint8)
    for fold in range(1, part.folds):
        found += table.mask(f"{hashed} >= {literal(_fold_bound(fold, part.folds))}", source)
    return found


def _fold(table: Table, part: PartEntry) -> NDArray[np.bool_]:
    import numpy as np

    if part.fold is None:
        return np.ones(table.rows, np.bool_)
    return np.asarray(number_folds(table, part) == part.fold, np.bool_)


def _fold_bound(fold: int, folds: int) -> str:
    """Give the lowest hash that belongs to a fold."""
    return format(fold * 2**256 // folds, "064x")


def _share(table: Table, part: PartEntry, share: float) -> NDArray[np.bool_]:
    source, hashed = _hash_part(table, part)
    return table.mask(f"{hashed} < {literal(share_bound(share))}", source)


def _hash_part(table: Table, part: PartEntry) -> tuple[str, str]:
    """Give the SQL of the rows and of the hash by which they are chosen; UserError where `by` has no value."""
    if part.by is None:
        return hash_rows(table, part.seed, but=part.label)
    source, values = spell(table, [part.by], words=False)
    nowhere = table.mask(f"{values[0]} = ''", source)
    if nowhere.any():
        raise UserError(
            f"{table.where(int(nowhere.argmax()))}: no value in column {part.by!r}, by which the rows are split",
            hint="Fill it in, or leave out `by:` to split by the whole row.",
        )
    return hash_rows(table, part.seed, [part.by])


def _where(table: Table, condition: tuple[str, tuple[Scalar, ...]]) -> NDArray[np.bool_]:
    import numpy as np

    codes, texts = table.codes([condition[0]])
    wanted = same(condition[1])
    return np.array([canonical(text) in wanted for (text,) in texts], np.bool_)[codes]


def _after(table: Table, condition: tuple[str, Scalar]) -> NDArray[np.bool_]:
    """Choose the rows whose value is the bound or above it; UserError where one has none of that kind."""
    import numpy as np

    name, bound = condition
    order: Callable[[str], Any] = _moment
    kind = "ISO date"
    if _number(str(bound)) is not None:
        order, kind = _number, "number"
    lowest = order(str(bound))
    if lowest is None:
        raise UserError(
            f"`after: {{{name}: {bound}}}` is neither a number nor an ISO date", hint="Write it as 2026-01-31."
        )
    codes, texts = table.codes([name])
    values = [order(text) for (text,) in texts]
    unplaced = np.array([value is None for value in values], np.bool_)[codes]
    if unplaced.any():
        row = int(unplaced.argmax())
        text = texts[codes[row]][0]
        said = brief(text) if text else "no value"
        raise UserError(f"{table.where(row)}: {said} in column {name!r}, where `after:` needs a{_n(kind)} {kind}")
    return np.array([value >= lowest for value in values], np.bool_)[codes]


def _n(word: str) -> str:
    return "n" if word[0] in "AEIO" else ""


def _number(text: str) -> Fraction | None:
    value = canonical(text)
    try:
        return Fraction(value) if re.fullmatch(r"-?\d+(e-?\d{1,3})?", value) else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """Read an ISO date or time; one without an offset is taken as UTC."""
    trimmed = text.strip()
    if not _ISO.fullmatch(trimmed):
        return None
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
