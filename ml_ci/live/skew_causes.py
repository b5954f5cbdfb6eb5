"""Why the values of a column differ: the first cause that explains nearly all of its mismatches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.live.skew_columns import Compared, Side, is_unequal
from ml_ci.live.skew_rows import DIFFERING, find_moment, has_units, hashed, join_on
from ml_ci.live.skew_values import EXPLAINED, PAIRS, Cause, Pair, Wanted
from ml_ci.tables.duck import Database, quote, select

# A factor or an offset is one where it leaves so little of each difference.
_LEFT = 1e-3
# So many mismatches, with two values at least, tell a factor from an offset and both from chance.
_FEW = 3
_QUARTER, _MOST_ZONE, _DAY = 900, 14 * 3600, 86_400


@dataclass(frozen=True)
class Mismatches:
    """The rows in which one column differs: a table `source` with `l` as logged and `f` as computed, `rows` in all."""

    database: Database
    sides: tuple[Side, Side]
    column: Compared
    others: Sequence[Compared]
    wanted: Wanted
    source: str
    rows: int

    def ask(self, what: str, source: str | None = None, rest: str = "") -> tuple[Any, ...]:
        """Give the one row of a query."""
        return self.database.execute(select(what, source or self.source, rest)).fetchone() or ()

    def explains(self, rows: int | None) -> bool:
        """Say whether a cause that holds in so many rows is the cause."""
        return (rows or 0) >= EXPLAINED * self.rows

    def name(self, kind: Any, said: str, rows: int) -> Cause:
        """Name a cause."""
        return Cause(kind, said, rows / self.rows)


def find_cause(
    database: Database, sides: tuple[Side, Side], column: Compared, others: Sequence[Compared], wanted: Wanted
) -> Cause | None:
    """Give the first cause that explains 95% of a column's mismatches, None where none does.

    In this order: a value is missing on one side, the same value stands in all rows, a factor or an offset, case and
    white space, the value that the unit had before, the value of another column.
    """
    source = _take_mismatches(column, wanted)
    found = database.execute(select("count(*)", source)).fetchone()
    mismatches = Mismatches(database, sides, column, others, wanted, source, int(found[0]) if found else 0)
    for look in _CAUSES:
        cause = look(mismatches)
        if cause is not None:
            return cause
    return None


def show_pairs(database: Database, column: Compared, wanted: Wanted) -> tuple[Pair, ...]:
    """Give three pairs of values that many rows have, or with `single` those of three rows, with their ids."""
    source = _take_mismatches(column, wanted)
    if wanted.single:
        rows = database.execute(select("l, f, 1, id", source, f"ORDER BY {hashed('id')} LIMIT {PAIRS}")).fetchall()
    else:
        rest = f"GROUP BY l, f HAVING count(*) >= {wanted.enough} ORDER BY count(*) DESC, l, f LIMIT {PAIRS}"
        rows = database.execute(select("l, f, count(*), NULL", source, rest)).fetchall()
    return tuple(Pair(*row) for row in rows)


def _take_mismatches(column: Compared, wanted: Wanted) -> str:
    what = f"*, l{column.place} AS l, f{column.place} AS f"
    return f"({select(what, DIFFERING, f'WHERE {is_unequal(column, wanted.within)}')})"


def _find_missing(found: Mismatches) -> Cause | None:
    logged, computed = found.ask("count_if(l IS NULL), count_if(f IS NULL)")
    for rows, said in ((logged, "missing in the log"), (computed, "missing where it is computed")):
        if found.explains(rows):
            return found.name("missing", said, rows)
    if found.explains(logged + computed):
        return found.name("missing", "missing on one side", logged + computed)
    return None


def _find_constant(found: Mismatches) -> Cause | None:
    """Find one value in the place of several others: a default."""
    for own, other, where in (("l", "f", "in the log"), ("f", "l", "where it is computed")):
        rest = f"WHERE {own} IS NOT NULL GROUP BY {own} ORDER BY count(*) DESC, {own} LIMIT 1"
        row = found.ask(f"{own}, count(*), count(DISTINCT {other})", rest=rest)
        if row and row[2] > 1 and row[1] >= _FEW and found.explains(row[1]):
            value = f"always {_say(row[0])}" if row[1] >= found.wanted.enough else "always the same value"
            return found.name("constant", f"{value} {where}", row[1])
    return None


def _find_scale(found: Mismatches) -> Cause | None:
    """Find a factor or an offset: where both explain enough, the one that leaves less."""
    if found.column.kind != "number" or found.ask("count(DISTINCT f)")[0] < 2 or found.rows < _FEW:
        return None
    usable = "l <> 0 AND f <> 0 AND isfinite(l) AND isfinite(f)"
    [factor] = found.ask(f"median(l / f) FILTER ({usable})")
    [offset] = found.ask("median(l - f) FILTER (isfinite(l) AND isfinite(f))")
    tried = [
        (*_leave(found, f"f * {factor!r}"), "factor", f"factor {_number(factor)} (a unit)")
        for factor in [factor]
        if factor is not None
    ] + [
        (*_leave(found, f"f + {offset!r}"), "offset", f"offset {_number(offset)}{_say_zone(offset)}")
        for offset in [offset]
        if offset is not None
    ]
    explained = [one for one in tried if found.explains(one[0])]
    if not explained:
        return _find_hours(found)
    rows, _, kind, said = min(explained, key=lambda one: one[1])
    return found.name(kind, said, rows)


def _leave(found: Mismatches, guess: str) -> tuple[int, float]:
    """Say in how many rows a guess leaves next to nothing of the difference, and what it leaves in the middle."""
    left = f"abs(l - ({guess})) / abs(l - f)"
    rows, middle = found.ask(f"count_if({left} <= {_LEFT}), median({left})")
    return int(rows), float("inf") if middle is None else float(middle)


def _find_hours(found: Mismatches) -> Cause | None:
    """Find an offset of hours of the day, which begin anew after 23."""
    whole = "l >= 0 AND l < 24 AND f >= 0 AND f < 24 AND l = floor(l) AND f = floor(f)"
    if not found.explains(found.ask(f"count_if({whole})")[0]):
        return None
    shifts = _most(found, "CAST((l - f + 24) % 24 AS INTEGER)", f"WHERE {whole}")
    hours = [((hour + 11) % 24) - 11 for hour, _ in shifts]
    return _name_zone(found, [hour * 3600 for hour in hours], [rows for _, rows in shifts], ", begun anew after 23")


def _find_shift(found: Mismatches) -> Cause | None:
    """Find an offset of moments: one, or two an hour apart, as summer time has it."""
    if found.column.kind != "moment" or found.rows < _FEW or found.ask("count(DISTINCT f)")[0] < 2:
        return None
    shifts = _most(found, "CAST(epoch_us(l) - epoch_us(f) AS HUGEINT)", "WHERE l IS NOT NULL AND f IS NOT NULL")
    return _name_zone(found, [us / 1e6 for us, _ in shifts], [rows for _, rows in shifts])


def _most(found: Mismatches, what: str, where: str) -> list[tuple[int, int]]:
    """Give the two most frequent values of an expression, and in how many rows they stand."""
    rest = f"{where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2"
    return [
        (int(value), int(rows))
        for value, rows in found.database.execute(select(f"{what}, count(*)", found.source, rest)).fetchall()
    ]


def _name_zone(found: Mismatches, seconds: Sequence[float], rows: Sequence[int], more: str = "") -> Cause | None:
    """Name an offset in seconds, or two of them an hour apart."""
    if seconds and found.explains(rows[0]):
        zone = " (a time zone)" if _is_zone(seconds[0]) else ""
        return found.name("offset", f"offset {_time(seconds[0])}{more}{zone}", rows[0])
    zones = len(seconds) > 1 and all(map(_is_zone, seconds)) and abs(seconds[0] - seconds[1]) == 3600
    if not zones or not found.explains(sum(rows)):
        return None
    said = f"offset {_time(seconds[0])} or {_time(seconds[1])}{more} (a time zone with summer time)"
    return found.name("offset", said, sum(rows))


def _find_spelling(found: Mismatches) -> Cause | None:
    if found.column.kind != "text":
        return None
    spaced = r"trim(regexp_replace({}, '\s+', ' ', 'g'))"
    ways = (
        ("lower({})", "case"),
        (spaced, "white space"),
        (f"lower({spaced})", "case and white space"),
        ("ltrim({}, '0')", "leading zeros"),
    )
    for way, said in ways:
        [rows] = found.ask(f"count_if({way.format('l')} = {way.format('f')})")
        if found.explains(rows):
            return found.name("spelling", said, rows)
    return None


def _find_stale(found: Mismatches) -> Cause | None:
    """Find the value that was computed for the unit's row before this one."""
    wanted, (logged, computed) = found.wanted, found.sides
    if wanted.unit is None or wanted.time is None or not has_units(logged, wanted):
        return None
    unit, id, moment = f"l.{quote(wanted.unit)}", f"l.{quote(wanted.id)}", find_moment(logged, wanted.time)  # noqa: A001
    units = f"({select('DISTINCT unit', found.source)}) AS u ON {unit} = u.unit"
    same = join_on(logged, computed, wanted.id, id, f"f.{quote(wanted.id)}")
    rows = f"{logged.source} AS l JOIN {units} JOIN {computed.source} AS f ON {same}"
    taken = select(f"{id} AS id, {found.column.take_computed('now')}, u.unit, {moment} AS moment", rows)
    before = select("id, lag(now) OVER (PARTITION BY unit ORDER BY moment, id) AS before", f"({taken})")
    equal = f"NOT {is_unequal(found.column, wanted.within, 'm.l', 'b.before')}"
    joined = f"{found.source} AS m JOIN ({before}) AS b ON m.id = b.id"
    [explained] = found.ask(f"count_if(b.before IS NOT NULL AND {equal})", joined)
    return found.name("stale", "the value that the unit had before", explained) if found.explains(explained) else None


def _find_column(found: Mismatches) -> Cause | None:
    """Find another column whose computed value was logged here."""
    others = [one for one in found.others if one.place != found.column.place and one.kind == found.column.kind]
    if not others:
        return None
    equal = [
        f"NOT {is_unequal(found.column, found.wanted.within, 'l', f'f{one.place}')} AND l IS NOT NULL" for one in others
    ]
    counts = found.ask(", ".join(f"count_if({one}), count(DISTINCT l) FILTER ({one})" for one in equal))
    rows, place = max(((counts[2 * at], -at) for at in range(len(others)) if counts[2 * at + 1] > 1), default=(0, 0))
    return found.name("column", f"the value of `{others[-place].name}`", rows) if found.explains(rows) else None


_CAUSES: tuple[Callable[[Mismatches], Cause | None], ...] = (
    _find_missing,
    _find_constant,
    _find_scale,
    _find_shift,
    _find_spelling,
    _find_stale,
    _find_column,
)


def _say(value: Any) -> str:
    return _number(value) if isinstance(value, float) else str(value)[:40]


def _number(value: float) -> str:
    """Say a number with six digits; a unit is most often a power of ten, or one over it."""
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.6g}"


def _say_zone(offset: float) -> str:
    return f" ({_time(offset)} in seconds: a time zone)" if offset and _is_zone(offset) else ""


def _is_zone(seconds: float) -> bool:
    return 0 < abs(seconds) <= _MOST_ZONE and seconds % _QUARTER == 0


def _time(seconds: float) -> str:
    """Say a span with its sign, in the largest unit of which it is a whole number."""
    for size, unit in ((_DAY, "days"), (3600, "h"), (60, "min")):
        if seconds % size == 0 and seconds:
            return f"{seconds / size:+,.0f} {unit}"
    return f"{seconds:+,.6g} s"
