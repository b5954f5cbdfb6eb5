"""Which rows belong to a part of a table: a pure function of each row's own content."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any, TypeAlias

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry, Scalar
from ml_ci.tables.canonical import brief, canonical, same

# Takes the values of a row and its name for messages; says whether the row belongs to the part.
Membership: TypeAlias = Callable[[Sequence[str], Callable[[], str]], bool]
Position: TypeAlias = Callable[[str], int]

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_INDEX = re.compile(r"__index_level_\d+__")


def row_hash(seed: int, fields: Sequence[str]) -> str:
    """Give the hash of a row's content: 64 hexadecimal digits, in which order rows are drawn.

    SHA-256 over the UTF-8 text of the seed and the trimmed fields, joined by the unit separator (U+001F): the same in
    every version and on every machine, whatever the white space, the quotes, the delimiter or the place of the row.
    """
    content = "\x1f".join([str(seed), *map(str.strip, fields)])
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def share_bound(share: float) -> str:
    """Give the hash below which a row belongs to a `share` in (0, 1) of the rows."""
    return format(int(Fraction(share) * 2**256), "064x")


def membership(part: PartEntry, names: Sequence[str], position: Position) -> Membership:
    """Turn a part into a test of one row; `position` finds a column, or raises UserError."""
    if part.share is not None:
        return _share(part, part.share, names, position)
    if part.after is not None:
        return _after(part.after, position)
    if part.where is not None:
        return _where(part.where, position)
    raise UserError(f"a part of {part.of!r} needs one of `share`, `after` and `where`")


def content_columns(names: Sequence[str]) -> list[int]:
    """Give the columns that are a row's content: all but the index that pandas may have written beside them."""
    return [place for place, name in enumerate(names) if not _INDEX.fullmatch(name)]


def _share(part: PartEntry, share: float, names: Sequence[str], position: Position) -> Membership:
    bound, places = share_bound(share), content_columns(names)
    if part.by is None and len(places) == len(names):
        return lambda fields, where: row_hash(part.seed, fields) < bound
    if part.by is None:
        return lambda fields, where: row_hash(part.seed, [fields[place] for place in places]) < bound
    column, by = position(part.by), part.by

    def belongs(fields: Sequence[str], where: Callable[[], str]) -> bool:
        """Say whether the hash of a row's column puts it into the part; UserError where it has no value."""
        if not fields[column].strip():
            raise UserError(
                f"{where()}: no value in column {by!r}, by which the rows are split",
                hint="Fill it in, or leave out `by:` to split by the whole row.",
            )
        return row_hash(part.seed, [fields[column]]) < bound

    return belongs


def _where(condition: tuple[str, tuple[Scalar, ...]], position: Position) -> Membership:
    column, wanted = position(condition[0]), same(condition[1])
    return lambda fields, where: canonical(fields[column]) in wanted


def _after(condition: tuple[str, Scalar], position: Position) -> Membership:
    name, bound = condition
    column = position(name)
    order: Callable[[str], Any] = _moment
    kind = "ISO date"
    if _number(str(bound)) is not None:
        order, kind = _number, "number"
    lowest = order(str(bound))
    if lowest is None:
        raise UserError(
            f"`after: {{{name}: {bound}}}` is neither a number nor an ISO date", hint="Write it as 2026-01-31."
        )

    def belongs(fields: Sequence[str], where: Callable[[], str]) -> bool:
        """Say whether a row's value is the bound or above it; UserError where it has none of that kind."""
        value = order(fields[column])
        if value is None:
            said = brief(fields[column]) if fields[column].strip() else "no value"
            raise UserError(f"{where()}: {said} in column {name!r}, where `after:` needs a{_n(kind)} {kind}")
        return bool(value >= lowest)

    return belongs


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
